import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import JSON5 from 'json5';
import { parseJson5 } from '../../../src/config/source/json5.ts';
import type { Tree } from '../../../src/config/source/yaml-tree.ts';

function plainOf(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plainOf);
  return [...tree.entries].map(([name, { value }]) => [name, plainOf(value)]);
}

/** Objects as lists of entries, in order, so that no key is lost to a prototype. */
function entriesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(entriesOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, one]) => [name, entriesOf(one)]);
}

function read(text: string): unknown {
  const { tree, problems } = parseJson5('x.json', text);
  assert.deepEqual(problems, [], text);
  assert.ok(tree);
  return plainOf(tree);
}

const TEXTS = [
  '{}',
  '[]',
  '// a comment\n{ /* another */ a: 1, }',
  "{ 'single': 'it\\'s', \"double\": \"a\\nb\", un_quoted$: true, }",
  '{ long: "over \\\ntwo lines" }',
  '[0x1F, +1, -2, .5, 5., 1e3, Infinity, -Infinity, NaN, null, true, false,]',
  '{ ünï: 1, \\u0061: 2 }',
  '{ a: 1, a: 2 }',
  '"only text"',
  '\uFEFF{ a: 1 }',
];

test("JSON5 is read as the library reads it that OpenClaw's config is read with", () => {
  for (const text of TEXTS) assert.deepEqual(read(text), entriesOf(JSON5.parse(text)), text);
});

test('whatever the library writes is read back', () => {
  const options = fc.constantFrom(undefined, '"', "'");
  fc.assert(
    fc.property(fc.jsonValue(), options, fc.constantFrom(0, 2), (value, quote, space) => {
      const text = JSON5.stringify(value, { space, quote: quote ?? null });
      assert.deepEqual(read(text), entriesOf(JSON5.parse(text)));
    }),
  );
});

test('every text is read as the library reads it, or has a problem; none makes the reader throw or hang', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    'a',
    '1',
    '//',
    '/*',
    '*/',
    '\n',
    '\\',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      const { tree, problems } = parseJson5('x.json', text);
      assert.equal(problems.length, tree === null ? 1 : 0);
      if (tree !== null) assert.deepEqual(plainOf(tree), entriesOf(JSON5.parse(text)));
    }),
  );
});

test('keys and values have their places', () => {
  const { tree } = parseJson5('x.json', '{\n  // ports\n  gateway: { port: 18789 },\n}');
  assert.ok(tree?.kind === 'map');
  const gateway = tree.entries.get('gateway');
  assert.deepEqual(gateway?.key, { file: 'x.json', line: 3, column: 3 });
  assert.ok(gateway?.value.kind === 'map');
  assert.deepEqual(gateway.value.entries.get('port')?.value.source, { file: 'x.json', line: 3, column: 20 });
});

const MISTAKES: readonly (readonly [text: string, line: number, column: number, message: string])[] = [
  ['', 1, 1, 'not JSON5: invalid end of input'],
  ['{\n  a: 1\n  b: 2 }', 3, 3, "not JSON5: invalid character 'b'"],
  ['{ a: b }', 1, 6, "not JSON5: invalid character 'b'"],
  ['{ a: 1 }}', 1, 9, "not JSON5: invalid character '}'"],
  ['{ a: "half a \\', 1, 15, 'not JSON5: invalid end of input'],
];

test('a syntax error says where it is', () => {
  for (const [text, line, column, message] of MISTAKES) {
    assert.deepEqual(parseJson5('x.json', text).problems, [{ file: 'x.json', line, column, message }], text);
  }
});

test('nesting is bounded', () => {
  const { problems } = parseJson5('x.json', '['.repeat(100_000) + ']'.repeat(100_000));
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['must not be nested more than 500 levels deep'],
  );
});
