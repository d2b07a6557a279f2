import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FormPairsReader } from '../../../src/routing/body/form-pairs.ts';
import { beginInspection, compileBodyReads, type Inspecting } from '../../../src/routing/body/inspect.ts';
import { JsonReader } from '../../../src/routing/body/json.ts';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { FORM_TYPE, JSON_TYPE } from '../support.ts';

// Work on a body is bounded in steps. What a slice does is counted in the bytes that it reads: JSON and percent-encoding
// cost the same few operations a byte (bench:bodies has the times).

const reads = compileBodyReads(platforms);

/** Bytes that a slice may read beyond its end: the rest of a number, of an escape, of a word. */
const BEYOND = 3 * 4300 + 16;

const SIZE = 4 * 1024 * 1024;
const SLICE = 64 * 1024;

/** A reader that notes how many bytes its longest slice read, those of a list's second reading included. */
class CountingReader extends JsonReader {
  longest = 0;
  slices = 0;

  override read(most: number) {
    const before = this.at;
    const read = super.read(most);
    this.slices += 1;
    this.longest = Math.max(this.longest, this.at - before);
    return read;
  }
}

function filled(start: string, middle: string, end: string): Buffer {
  const times = Math.floor((SIZE - start.length - end.length) / Buffer.byteLength(middle));
  return Buffer.from(start + middle.repeat(times) + end);
}

const BODIES: readonly (readonly [string, Buffer])[] = [
  ['one escaped key', filled('{"', '\\u0061', '":0}')],
  ['escaped keys', filled('{', '"\\u0061":0,', '"a":0}')],
  ['one text', filled('["', 'a', '"]')],
  ['a text without an end', filled('["', 'a', '')],
  ['a text of escapes', filled('["', '\\n', '"]')],
  ['a wanted text of escapes', filled('{"type":"', '\\n', '"}')],
  ['white space', filled('', ' ', '0')],
  ['numbers', filled('[', '0,', '0]')],
  ['long numbers', filled('[', `${'1'.repeat(4000)}.${'1'.repeat(4000)},`, '0]')],
  ['an endless number', filled('', '1', '')],
  ['nested arrays', filled('[', `${'['.repeat(60)}${']'.repeat(60)},`, '0]')],
  ['objects', filled('[', '{"a":{}},', '0]')],
  ['characters of four bytes', filled('["', '😀', '"]')],
];

describe('a slice of JSON', () => {
  for (const [name, body] of BODIES) {
    it(`reads no more bytes than it may: ${name}`, () => {
      const reader = new CountingReader(body, reads.json);
      while (reader.read(SLICE) === null);
      assert.ok(reader.longest <= SLICE + BEYOND, `${reader.longest} bytes`);
      assert.ok(reader.slices <= SIZE / SLICE + 2, `${reader.slices} slices`);
    });
  }

  it('reads no more bytes than it may, whatever the body is made of', () => {
    const piece = fc.constantFrom(
      ...[
        '[',
        ']',
        '{',
        '}',
        ',',
        ':',
        '"',
        '\\',
        '\\u0061',
        '"type":',
        '"entry":[{',
        '"a":0,',
        '0',
        '1e5',
        'null',
        ' ',
        'é',
      ],
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(pattern, pattern, fc.integer({ min: 1, max: 5000 }), (start, middle, most) => {
        const body = Buffer.from(start + middle.repeat(2000));
        const reader = new CountingReader(body, reads.json);
        while (reader.read(most) === null);
        assert.ok(reader.longest <= most + BEYOND, `${reader.longest} bytes of ${most}`);
      }),
      { numRuns: 300 },
    );
  });

  it('is short where every element of a list is an allocation', () => {
    const reader = new JsonReader(filled('{"entry":[', '{},', '{}]}'), reads.json);
    let slices = 1;
    while (reader.read(SLICE) === null) slices += 1;
    assert.ok(slices >= 8, `${slices} slices`);
  });
});

/** The number of slices that a body takes, and what it comes to. */
function inspected(type: string, body: Buffer): readonly [slices: number, outcome: string, detail: string] {
  const begun = beginInspection({ contentType: type, contentEncoding: undefined }, body, reads);
  let slices = 0;
  const end = 'outcome' in begun ? begun : last(begun);
  function last(reader: Inspecting) {
    for (;;) {
      slices += 1;
      const read = reader.read(SLICE);
      if (read !== null) return read;
    }
  }
  return [slices, end.outcome, end.outcome === 'refused' ? end.detail : ''];
}

describe('a slice of a form', () => {
  it('counts separators: more than 1000 pieces are no form', () => {
    for (const piece of ['&', 'a&', '=&']) {
      assert.deepEqual(inspected(FORM_TYPE, filled('', piece, '')), [1, 'refused', 'more than 1000 fields']);
      assert.equal(new FormPairsReader(Buffer.from(piece.repeat(1001))).read(1_000_000), undefined);
    }
  });

  it('ends within a long value, wanted or not, and within the document of one', () => {
    const [unwanted] = inspected(FORM_TYPE, filled('x=', '%41', ''));
    assert.ok(unwanted >= 4, `${unwanted} slices: a native search passes 16 bytes a step`);
    const [document, outcome] = inspected(FORM_TYPE, filled('payload=%5B', '0%2C', '0%5D'));
    assert.equal(outcome, 'fields');
    assert.ok(document >= SIZE / SLICE + SIZE / 2 / SLICE, `${document} slices`);
  });

  it('decodes no wanted value that is longer than any id', () => {
    assert.deepEqual(inspected(FORM_TYPE, filled('token=', '%41', '')).slice(1), [
      'refused',
      'a routing field is too long',
    ]);
  });

  it('sees a semicolon wherever it is', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 300_000 }),
        fc.nat({ max: 300_000 }),
        fc.integer({ min: 1, max: 5000 }),
        (before, after, most) => {
          const body = Buffer.from(`x=${'a'.repeat(before)};${'a'.repeat(after)}&token=1`);
          const begun = beginInspection({ contentType: FORM_TYPE, contentEncoding: undefined }, body, reads);
          assert.ok(!('outcome' in begun));
          let read = begun.read(most);
          while (read === null) read = begun.read(most);
          assert.equal(read.outcome, 'refused');
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('XML', () => {
  it('is an envelope of at most 256 KiB and 1000 elements', () => {
    const element = (count: number) => Buffer.from(`<xml>${'<a></a>'.repeat(count)}</xml>`);
    assert.equal(inspected('text/xml', element(1000))[1], 'fields');
    assert.equal(inspected('text/xml', element(1001))[1], 'refused');
    const text = (length: number) => Buffer.from(`<xml><a>${'x'.repeat(length)}</a></xml>`);
    assert.equal(inspected('text/xml', text(256 * 1024 - 18))[1], 'fields');
    assert.equal(inspected('text/xml', text(256 * 1024))[1], 'refused');
  });
});

describe('what follows the reading', () => {
  it('has few and short texts to work on', () => {
    const body = (ids: readonly string[]) =>
      Buffer.from(JSON.stringify({ value: ids.map((subscriptionId) => ({ subscriptionId })) }));
    assert.equal(inspected(JSON_TYPE, body(Array(2000).fill('x'.repeat(200))))[1], 'fields');
    assert.deepEqual(inspected(JSON_TYPE, body(Array(2000).fill('x'.repeat(300)))).slice(1), [
      'refused',
      'the ids of a batch are too long',
    ]);
  });
});
