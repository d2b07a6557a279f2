// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEnvFile } from '../../../src/config/source/env-file.ts';

function values(text: string): Readonly<Record<string, string>> {
  const { values, faults } = parseEnvFile(text);
  assert.deepEqual(faults, []);
  return Object.fromEntries(values);
}

const TABLE: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['plain values', 'A=1\nB = two words \nC=', { A: '1', B: 'two words', C: '' }],
  ['export', 'export A=1\nexport   B=2\nexport=3', { A: '1', B: '2', export: '3' }],
  ['comments and blank lines', '# c\n\n  # d\nA=1 # e\nB=a#b\nC=#f\n', { A: '1', B: 'a#b', C: '' }],
  ['single quotes', `A='a # "b" \\n'\nB='' # c`, { A: 'a # "b" \\n', B: '' }],
  ['double quotes', 'A="a # \'b\'"\nB="x\\n\\"y\\"\\t\\\\\\$z\\q"', { A: "a # 'b'", B: 'x\n"y"\t\\$z\\q' }],
  ['backticks', 'A=`a "b" \'c\'`', { A: `a "b" 'c'` }],
  ['values over several lines', 'A="a\n b\n"\nB=\'c\nd\'\nC=1', { A: 'a\n b\n', B: 'c\nd', C: '1' }],
  ['no interpolation', 'A=$HOME\nB="${A}"', { A: '$HOME', B: '${A}' }],
  ['a byte order mark and CRLF', '\uFEFFA=1\r\nB="x"\r\n', { A: '1', B: 'x' }],
  ['the later of two', 'A=1\nA=2', { A: '2' }],
  [
    'names that objects have',
    '__proto__=1\nconstructor=2',
    Object.fromEntries([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]),
  ],
];

for (const [name, text, expected] of TABLE) {
  test(`reads ${name}`, () => assert.deepEqual(values(text), expected));
}

test('each line that is not an assignment is a fault with its place, and the others are read', () => {
  const { values, faults } = parseEnvFile('A=1\nnot one\n=x\n1B=2\nC="a\nb" c\nD=3\n');
  assert.deepEqual(Object.fromEntries(values), { A: '1', D: '3' });
  const message = 'must be KEY=VALUE, a comment or blank';
  assert.deepEqual(faults.slice(0, 3), [
    { line: 2, column: 1, message },
    { line: 3, column: 1, message },
    { line: 4, column: 1, message },
  ]);
  assert.deepEqual(faults[3], {
    line: 5,
    column: 3,
    message: 'text follows the closing quote; put all of it in quotes',
  });
});

test('a quote that is never closed is one fault, where it opens', () => {
  const { faults } = parseEnvFile("A=1\n  export B='x\nC=2\nnot one\n");
  assert.deepEqual(faults, [
    { line: 2, column: 12, message: 'the quote is never closed; write the closing one' },
  ]);
});

test('a NUL byte is a fault: no environment can hold it', () => {
  const { faults } = parseEnvFile('A=a\0b\n');
  assert.deepEqual(faults, [{ line: 1, column: 1, message: 'the value of A holds a NUL byte' }]);
});

test('any quoted value is read back', () => {
  const text = fc
    .string({ unit: 'binary' })
    .filter((value) => !value.includes('\0') && !value.includes('\r\n'));
  fc.assert(
    fc.property(text, (value) => {
      assert.equal(values(`A="${value.replace(/["\\]/g, '\\$&')}"`)['A'], value);
      fc.pre(!value.includes("'"));
      assert.equal(values(`A='${value}' # c`)['A'], value);
    }),
  );
});

test('reading always ends, and reads no line twice', () => {
  const text = fc.string({ unit: fc.constantFrom('A', '=', '"', "'", '\n', '\\', '#', ' ', 'export ') });
  fc.assert(
    fc.property(text, (written) => {
      const { faults } = parseEnvFile(written);
      assert.equal(new Set(faults.map(({ line }) => line)).size, faults.length);
      assert.ok(faults.every(({ line }) => line <= written.split('\n').length));
    }),
  );
});
