import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/root.ts';

test('every file that docs/architecture.md names is there', () => {
  const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const named = [...page.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, name = '']) => name.replace(/^src\//, ''));
  assert.ok(named.length > 50);
  // A page about a room names its files without the folder.
  const missing = named.filter((name) => !files.some((file) => file === name || file.endsWith(`/${name}`)));
  assert.deepEqual(missing, []);
});
