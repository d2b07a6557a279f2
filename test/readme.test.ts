import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { RequestHead } from '../src/routing/platform.ts';
import { platforms } from '../src/routing/platforms/index.ts';
import { root } from './support/root.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** The rows of the platform table, each as its cells. */
const rows = readme
  .split('\n')
  .filter((line) => /^\|.*\.test\.ts` \|$/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

const tests = readdirSync(join(root, 'test', 'routing', 'platforms'), {
  recursive: true,
  encoding: 'utf8',
}).map((file) => basename(file));

const head: RequestHead = { method: 'POST', path: '/', query: '', host: '', header: () => undefined };

describe("README's platform table", () => {
  for (const [index, platform] of platforms.entries()) {
    const { name, configKey, fields } = platform;
    test(`has ${name} in its place, with its fields, its deadline and its test`, () => {
      const [, route = '', , waits, , file = ''] = rows[index] ?? [];
      const said = configKey === null ? /^none/ : `\`${configKey}: { ${fields.join(', ')} }\``;
      if (typeof said === 'string') assert.equal(route, said);
      else assert.match(route, said);
      assert.equal(waits, `${platform.deadline(head, null) / 1000} s`);
      assert.equal(file, `\`${name}.test.ts\``);
      assert.ok(tests.includes(`${name}.test.ts`));
    });
  }

  test('has one row more, for any other sender', () => {
    assert.equal(rows.length, platforms.length + 1);
    assert.ok(existsSync(join(root, 'test', 'routing', 'custom.test.ts')));
  });
});
