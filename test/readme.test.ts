import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { platforms } from '../src/routing/platforms/index.ts';
import { callFault, gwproxyCalls } from './docs/command-lines.ts';
import { root } from './support/root.ts';

const MOST_CHARACTERS = 9000;

const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** The shell commands in the README: each line of its `sh` blocks, and each code span that begins with gwproxy. */
const commands = [
  ...[...readme.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n')),
  ...[...readme.matchAll(/`(gwproxy [^`]+)`/g)].map(([, span = '']) => span),
];

describe('README.md', () => {
  test(`has at most ${MOST_CHARACTERS} characters`, () => {
    assert.ok(readme.length <= MOST_CHARACTERS, `it has ${readme.length}`);
  });

  test('has the two commands that set up a clone', () => {
    assert.ok(commands.includes('npm ci && npm run quickstart'));
    assert.ok(commands.includes('npm ci && npm test'));
  });

  test('shows pictures that are there', () => {
    const pictures = [...readme.matchAll(/!\[.+\]\((.+)\)/g)].map(([, file = '']) => file);
    assert.equal(pictures.length, 2);
    for (const file of pictures) assert.ok(existsSync(join(root, file)), file);
  });

  for (const words of commands.filter((command) => command.startsWith('gwproxy ')).flatMap(gwproxyCalls)) {
    test(`names a command and options that exist: gwproxy ${words.join(' ')}`, () => {
      assert.equal(callFault(words, 'mentioned'), null);
    });
  }
});

describe("README's senders", () => {
  for (const { name, configKey, fields } of platforms) {
    test(`have ${name} once, with all its fields, linked to its part of docs/senders.md`, () => {
      const route = configKey === null ? '`path`' : `\`${configKey}: { ${fields.join(', ')} }\``;
      const rows = readme.split('\n').filter((line) => line.endsWith(` | ${route} |`));
      assert.equal(rows.length, 1, route);
      assert.match(rows[0] ?? '', /^\| \[.+\]\(docs\/senders\.md#[a-z-]+\) \|/);
    });
  }

  test('have one row more, for any other sender', () => {
    assert.equal([...readme.matchAll(/^\| \[.+\]\(docs\/senders\.md#/gm)].length, platforms.length + 1);
  });
});
