import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLines } from '../../src/util/lines.ts';

function split(bytes: Buffer, cuts: readonly number[], limit?: number): string[] {
  const lines: string[] = [];
  const sink = createLines((line) => lines.push(line), limit);
  let start = 0;
  for (const cut of [...cuts, bytes.length].map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b)) {
    sink.push(bytes.subarray(start, cut));
    start = cut;
  }
  sink.end();
  return lines;
}

const text = fc.string({ unit: 'binary', maxLength: 30 }).map((line) => line.replace(/[\r\n]/g, ' '));

test('lines come out as they went in, however the bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, fc.constantFrom('\n', '\r\n')), { maxLength: 20 }),
      fc.array(fc.nat(600), { maxLength: 20 }),
      (lines, cuts) => {
        const bytes = Buffer.from(lines.map(([line, end]) => line + end).join(''));
        assert.deepEqual(
          split(bytes, cuts),
          lines.map(([line]) => line),
        );
      },
    ),
  );
});

test('a line past the limit comes in pieces of whole characters, and nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 200 }).map((line) => line.replace(/[\r\n]/g, ' ')),
      fc.array(fc.nat(600), { maxLength: 10 }),
      fc.integer({ min: 4, max: 50 }),
      (line, cuts, limit) => {
        const pieces = split(Buffer.from(`${line}\n`), cuts, limit);
        assert.equal(pieces.join(''), line);
        for (const piece of pieces) assert.ok(Buffer.byteLength(piece) <= limit);
      },
    ),
  );
});

test('an unended line is reported at the end', () => {
  assert.deepEqual(split(Buffer.from('one\ntwo'), []), ['one', 'two']);
  assert.deepEqual(split(Buffer.from('one\n'), []), ['one']);
});

test('bytes that are no UTF-8 are replaced', () => {
  assert.deepEqual(split(Buffer.from([0x61, 0xff, 0x62, 0x0a]), []), ['a\ufffdb']);
});
