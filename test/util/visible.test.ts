import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { replaceInvisible, visible, visibleJson, visibleLines } from '../../src/util/visible.ts';

const ESC = '\u001b';

test('what acts on a terminal or hides is written as its code point', () => {
  const shown: readonly (readonly [string, string])[] = [
    ['a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
    ['\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['pay\u200bpal', 'pay\\u{200b}pal'],
    ['pay\u200dpal', 'pay\\u{200d}pal'],
    ['\ufeffx\u00ad\u2060\u3164', '\\u{feff}x\\u{ad}\\u{2060}\\u{3164}'],
    ['one\u2028two\u2029three\u0085', 'one\\u{2028}two\\u{2029}three\\u{85}'],
    ['10 %\r20 %\b\u0000', '10 %\\u{d}20 %\\u{8}\\u{0}'],
    ['a line\nand one that looks like another', 'a line\\u{a}and one that looks like another'],
    // Operating system commands: a title, the clipboard, a link; with both introducers and terminators.
    [`${ESC}]0;title\u0007x`, '\\u{1b}]0;title\\u{7}x'],
    [`${ESC}]52;c;aGk=${ESC}\\`, '\\u{1b}]52;c;aGk=\\u{1b}\\'],
    ['\u009d0;title\u009c\u009b2J', '\\u{9d}0;title\\u{9c}\\u{9b}2J'],
    // Hidden text in tags, and in variation selectors.
    ['hi\u{e0041}\u{e0042}', 'hi\\u{e0041}\\u{e0042}'],
    ['x\ufe00\ufe01\u{e0101}', 'x\\u{fe00}\\u{fe01}\\u{e0101}'],
    ['\u{1f600}\ufe0f\ufe0f', '\u{1f600}\ufe0f\\u{fe0f}'],
    ['\u{1f3f4}\u{e0068}\u{e0069}\u{e007f}', '\u{1f3f4}\\u{e0068}\\u{e0069}\\u{e007f}'],
    ['\ud800', '\\u{d800}'],
  ];
  for (const [text, expected] of shown) assert.equal(visible(text), expected);
});

test('colours and movements of the cursor hold no text and are left out', () => {
  assert.equal(visible(`${ESC}[1;31mred${ESC}[0m ${ESC}[2K${ESC}[1Gx${ESC}[38:5:1my`), 'red xy');
});

test('emoji and the scripts of the world stay as they are', () => {
  for (const text of [
    'plain, with a\ttab',
    'Grüße, naïve, e\u0301, Ελλάδα, Україна',
    'مرحبا بالعالم, שלום, می\u200cخواهم',
    'हिन्दी, क\u094d\u200dष, ไทย, မြန်မာ',
    '東京, 葛\u{e0100}飾区, 한국어, ᠮᠣᠩᠭᠣᠯ\u180b',
    '👩\u200d👩\u200d👧\u200d👦 👩🏽\u200d🚀 🏳\ufe0f\u200d🌈 ❤\ufe0f\u200d🔥 🇪🇺 1\ufe0f\u20e3',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    '\u0600\u06dd',
    'a\u0300\u0323',
  ]) {
    assert.equal(visible(text), text);
  }
});

test('nothing that acts or hides is left, text of several lines keeps its lines, and JSON its value', () => {
  const odd = fc.constantFrom(
    '\u202e',
    '\u200d',
    '\ufe0f',
    '\u{e0067}',
    ESC,
    '[',
    '2',
    'J',
    '👩',
    'م',
    'ᠮ',
    '\u180b',
    '\u3164',
    'a',
    '\n',
    '\t',
    '\r',
    '\ud83d',
  );
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: odd }));
  const acts = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\p{Cs}]/u;
  fc.assert(
    fc.property(text, (value) => {
      const shown = visible(value);
      assert.doesNotMatch(shown.replaceAll('\t', ''), acts);
      assert.equal(visible(shown), shown);
      assert.equal(visibleLines(value).split('\n').length, value.split('\n').length);
      const json = visibleJson(JSON.stringify({ [value]: [value] }));
      assert.doesNotMatch(json, acts);
      assert.deepEqual(JSON.parse(json), { [value]: [value] });
    }),
    { numRuns: 3000 },
  );
  assert.equal(
    visibleJson(JSON.stringify({ a: ['\u{e0041}'] }, null, 2)),
    '{\n  "a": [\n    "\\udb40\\udc41"\n  ]\n}',
  );
  assert.equal(
    replaceInvisible('a\u202eb', (codePoint) => `<${codePoint}>`),
    'a<8238>b',
  );
});
