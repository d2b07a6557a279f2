import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { configHint, withConfig } from '../../src/cli/config-hint.ts';

test('a suggested command names the config file unless it is the default one', () => {
  assert.equal(configHint('gwproxy.yaml'), '');
  assert.equal(configHint(resolve('gwproxy.yaml')), '');
  assert.equal(configHint('other.yaml'), ' -c other.yaml');
  assert.equal(configHint("a b's/ä.yaml"), " -c 'a b'\\''s/ä.yaml'");
});

test('every command in a text gets the config file unless it has one or passes arguments on', () => {
  const text =
    'see `gwproxy status`, or `gwproxy start b`; not `gwproxy down -c x`, `gwproxy exec P -- C…` or `docker run`';
  assert.equal(
    withConfig(text, 'o.yaml'),
    'see `gwproxy status -c o.yaml`, or `gwproxy start b -c o.yaml`; not `gwproxy down -c x`, `gwproxy exec P -- C…` or `docker run`',
  );
  assert.equal(withConfig(text, 'gwproxy.yaml'), text);
});
