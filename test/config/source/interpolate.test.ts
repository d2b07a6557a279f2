// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expandHome, interpolate } from '../../../src/config/source/interpolate.ts';

const VALUES: Readonly<Record<string, string>> = {
  NAME: 'value',
  EMPTY: '',
  NESTED: '${NAME} $$ ${port}',
  SPACED: 'a b "c"',
};
const read = (text: string) => interpolate(text, (name) => VALUES[name]);

const TABLE: readonly (readonly [string, readonly unknown[]])[] = [
  ['', []],
  ['plain', ['plain']],
  ['${NAME}', ['value']],
  ['a${NAME}b${NAME}', ['avaluebvalue']],
  ['${EMPTY}', []],
  ['${SPACED}', ['a b "c"']],
  ['${NESTED}', ['${NAME} $$ ${port}']],
  ['${NONE:-other}', ['other']],
  ['${NONE:-}', []],
  ['${EMPTY:-other}', ['other']],
  ['${NAME:-other}', ['value']],
  ['$$', ['$']],
  ['$${NAME}', ['${NAME}']],
  ['$$$${NAME}', ['$${NAME}']],
  ['$$${NAME}', ['$value']],
  ['$NAME costs 5$', ['$NAME costs 5$']],
  ['--port=${port}', ['--port=', { port: null }]],
  ['${port.a}${port.b-c}:x', [{ port: 'a' }, { port: 'b-c' }, ':x']],
];

for (const [text, parts] of TABLE) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), { parts, faults: [] }));
}

test('every unset name and malformed reference is a fault', () => {
  const faults = [
    { kind: 'unset', name: 'A' },
    { kind: 'malformed', text: '${}' },
    { kind: 'malformed', text: '${a-b}' },
    { kind: 'malformed', text: '${port.}' },
    { kind: 'malformed', text: '${N:-${M}' },
    { kind: 'malformed', text: '${open' },
  ];
  assert.deepEqual(read('${A} ${} ${a-b} ${port.} ${N:-${M}} ${open').faults, faults);
});

test('a text without a dollar stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      fc.pre(!text.includes('$'));
      assert.deepEqual(read(text).parts, [text]);
    }),
  );
});

test('doubling every dollar gives the text back, whatever it holds', () => {
  const text = fc.string({ unit: fc.constantFrom('$', '{', '}', 'NAME', 'port', ':-', ' '), minLength: 1 });
  fc.assert(
    fc.property(text, (written) => {
      assert.deepEqual(read(written.replaceAll('$', '$$$$')), { parts: [written], faults: [] });
    }),
  );
});

test("a variable's value is inserted unchanged", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ' ', '"', '~'), minLength: 1 }),
      (value) => {
        assert.deepEqual(interpolate('${A}', () => value).parts, [value]);
      },
    ),
  );
});

test('only a leading ~ becomes the home', () => {
  assert.equal(expandHome('~', '/home/ada'), '/home/ada');
  assert.equal(expandHome('~/x', '/home/ada'), '/home/ada/x');
  assert.equal(expandHome('~bob/x', '/home/ada'), '~bob/x');
  assert.equal(expandHome('a~', '/home/ada'), 'a~');
});
