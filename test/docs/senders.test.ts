import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { RequestHead } from '../../src/routing/platform.ts';
import { platforms } from '../../src/routing/platforms/index.ts';
import { root } from '../support/root.ts';

const page = readFileSync(join(root, 'docs', 'senders.md'), 'utf8');
/** The rows of the table of all senders, each as its cells. */
const rows = page
  .split('\n')
  .filter((line) => /^\|.*\.test\.ts` \|$/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

const tests = readdirSync(join(root, 'test', 'routing'), { recursive: true, encoding: 'utf8' }).map((file) =>
  basename(file),
);

const head: RequestHead = { method: 'POST', path: '/', query: '', host: '', header: () => undefined };

describe('the table of docs/senders.md', () => {
  for (const [index, platform] of platforms.entries()) {
    const { name, configKey, fields } = platform;
    test(`has ${name} in its place, with its fields, its deadline and its test`, () => {
      const [, route = '', , waits, , file = ''] = rows[index] ?? [];
      if (configKey === null) assert.match(route, /^none/);
      else assert.equal(route, `\`${configKey}: { ${fields.join(', ')} }\``);
      assert.equal(waits, `${platform.deadline(head, null) / 1000} s`);
      assert.equal(file, `\`${name}.test.ts\``);
      assert.ok(tests.includes(`${name}.test.ts`), `test/routing has no ${name}.test.ts`);
    });
  }

  test('has one row more, for any other sender', () => {
    assert.equal(rows.length, platforms.length + 1);
    assert.ok(tests.includes('custom.test.ts'));
  });
});
