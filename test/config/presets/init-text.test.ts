import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileNames } from '../../../src/config/presets/init-text.ts';

test("a profile never gets the name that is reserved for gwproxy's own log", () => {
  assert.deepEqual(profileNames(['gwproxy', 'ops', 'ops'], 'bot'), ['gwproxy-2', 'ops', 'ops-2']);
});
