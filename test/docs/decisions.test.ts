import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/root.ts';

const folder = join(root, 'docs', 'decisions');

test('the index of decisions lists each under its title, in order', () => {
  const titled = readdirSync(folder)
    .filter((file) => /^\d{4}-.+\.md$/.test(file))
    .sort()
    .map((file) => {
      const [first = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
      return `[${first.replace(/^# /, '')}](${file})`;
    });
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const listed = Array.from(index.matchAll(/^\| (\[\d{4}: .+\]\(.+\)) \|/gm), ([, link = '']) => link);
  assert.deepEqual(listed, titled);
});
