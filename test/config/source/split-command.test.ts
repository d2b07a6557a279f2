// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitWords } from '../../../src/config/source/split-command.ts';

const split = (text: string) => {
  const result = splitWords(text);
  return result.ok ? result.words : result.reason;
};

const TABLE: readonly (readonly [string, readonly string[]])[] = [
  ['node bot.js', ['node', 'bot.js']],
  ['  node \t bot.js\n --x  ', ['node', 'bot.js', '--x']],
  ['', []],
  [`a "" '' b`, ['a', '', '', 'b']],
  [`a'b c'd"e f"`, ['ab cde f']],
  ['a\\ b c', ['a b', 'c']],
  ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
  [`'a\\b'`, ['a\\b']],
  ['a\\\nb \\\n c', ['ab', 'c']],
  ['"a\\\nb"', ['ab']],
  ['a#b # c', ['a#b', '#', 'c']],
  ['x --q=${NAME:-a b "c"} y', ['x', '--q=${NAME:-a b "c"}', 'y']],
  ['"${NAME:-a "b" c}"', ['${NAME:-a "b" c}']],
  ['a$${X b}', ['a$${X', 'b}']],
  ['\\$HOME "\\${X}"', ['$$HOME', '$${X}']],
  [`'&&' "|" a;b`, ['&&', '|', 'a;b']],
];

for (const [text, words] of TABLE) {
  test(`splits ${JSON.stringify(text)}`, () => assert.deepEqual(split(text), words));
}

test('an open quote and a lone backslash are errors', () => {
  assert.equal(split('a "b'), 'a double quote is never closed; write the closing one');
  assert.equal(split('a "b\\"'), 'a double quote is never closed; write the closing one');
  assert.equal(split("a 'b"), 'a single quote is never closed; write the closing one');
  assert.equal(split('a \\'), 'a backslash at the end escapes nothing; remove it');
});

test('an operator is an error, since no shell would see it', () => {
  for (const operator of ['&&', '||', '|', '&', ';', '>', '>>', '<', '2>', '2>&1', '>&2']) {
    assert.match(String(split(`a ${operator} b`)), /needs a shell, and commands run without one/, operator);
  }
});

test('a word is read back from every way of quoting it', () => {
  const quotings = [
    (word: string) => `'${word.replaceAll("'", `'\\''`)}'`,
    (word: string) => `"${word.replace(/["\\`]/g, '\\$&')}"`,
    (word: string) => word.replace(/[^\n]/g, '\\$&').replaceAll('\n', "'\n'") || "''",
  ] as const;
  // Dollars are left out: the tests of interpolation cover them.
  const word = fc.string({ unit: 'binary' }).map((text) => text.replace(/[$\0]|[\ud800-\udfff]/g, ''));
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.nat(2))), (words) => {
      const text = words.map(([written, how]) => quotings[how]?.(written)).join(' ');
      assert.deepEqual(
        split(text),
        words.map(([written]) => written),
      );
    }),
  );
});

test('any text of quotes, blanks and backslashes is split as sh splits it', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '\t', "'", '"', '\\', '\\"', '""'),
    maxLength: 20,
  });
  const texts = fc.sample(text, { numRuns: 150, seed: 3 });
  const readable = texts.flatMap((written) => {
    const result = splitWords(written);
    return result.ok ? [{ written, words: result.words }] : [];
  });
  assert.ok(readable.length > 30);
  const script = readable
    .map(({ written }) => `for word in ${written}\ndo printf '[%s]' "$word"; done; echo\n`)
    .join('');
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  const expected = readable.map(({ words }) => words.map((word) => `[${word}]`).join(''));
  assert.deepEqual(stdout.trimEnd().split('\n'), expected.join('\n').trimEnd().split('\n'));
});
