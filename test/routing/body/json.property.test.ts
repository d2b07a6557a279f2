import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  compileJsonReads,
  type JsonRead,
  JsonReader,
  type JsonReads,
  readJson,
} from '../../../src/routing/body/json.ts';
import { foldCase } from '../../../src/routing/body/json-reads.ts';
import type { EachFields, EachReads, JsonKind } from '../../../src/routing/body/reads.ts';

const KEYS = [
  'id',
  'a',
  'b',
  '',
  '0',
  '1',
  '__proto__',
  'toString',
  'schlüssel',
  'a/b',
  'm~n',
  '😀',
  'aa',
  'ID',
  'Aa',
];

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string());

/** Documents whose keys often lie on the way of a pointer. */
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, 0, -1.5, 1e300, '', 'x'),
    fc.string({ unit: 'binary' }),
    fc.string({ minLength: 60, maxLength: 300 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('document'), { maxLength: 4 }),
    // Entries, since an object literal would take __proto__ for its prototype.
    fc
      .uniqueArray(fc.tuple(key, tie('document')), { maxLength: 5, selector: ([name]) => name })
      .map((entries) => new Members(entries)),
  ),
}));

class Members {
  readonly entries: readonly (readonly [string, unknown])[];

  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries;
  }
}

/** Writes a document as a sender might: any white space, any characters of a string escaped. */
function write(value: unknown, next: () => number): string {
  const space = () => [' ', '\n', '\t', '\r', '  ', '', '', ''][next() % 8] ?? '';
  if (typeof value === 'string') return writeString(value, next);
  if (Array.isArray(value)) {
    return `[${space()}${value.map((item) => space() + write(item, next) + space()).join(',')}]`;
  }
  if (value instanceof Members) {
    const members = value.entries.map(
      ([name, item]) =>
        `${space()}${writeString(name, next)}${space()}:${space()}${write(item, next)}${space()}`,
    );
    return `{${space()}${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

function writeString(text: string, next: () => number): string {
  let written = '';
  for (let at = 0; at < text.length; at++) {
    const plain = JSON.stringify(text[at]).slice(1, -1);
    const unit = `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
    const surrogate = (text.charCodeAt(at) & 0xf800) === 0xd800;
    written += surrogate || next() % 5 === 0 ? unit : plain;
  }
  return `"${written}"`;
}

const dice = fc.infiniteStream(fc.nat({ max: 1000 })).map((stream) => () => Number(stream.next().value));

const pointer = fc
  .array(fc.constantFrom(...KEYS), { maxLength: 3 })
  .map((steps) => steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));

const pointers = fc.uniqueArray(pointer, { minLength: 1, maxLength: 6 });

/** What is read of a document, with arrays of which every element is read, and arrays in those. */
const wantedReads: fc.Arbitrary<EachReads> = fc.letrec<{ reads: EachReads }>((tie) => ({
  reads: fc.record({
    json: fc.uniqueArray(pointer, { maxLength: 3 }),
    each: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'reads' },
      fc.constant({}),
      fc.dictionary(pointer, tie('reads'), { maxKeys: 2, depthIdentifier: 'reads' }),
    ),
  }),
})).reads;

function compile({ json, each = {} }: EachReads) {
  return compileJsonReads(json, [each], 10_000);
}

function readInSlices(bytes: Buffer, wanted: JsonReads, sizes: Iterable<number>): JsonRead {
  const reader = new JsonReader(bytes, wanted);
  for (const size of sizes) {
    const read = reader.read(size);
    if (read !== null) return read;
  }
  throw new Error('the sizes end early');
}

function stepsOf(at: string): readonly string[] {
  return at
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Whether two keys on the way of those steps differ in case alone. */
function hasTwins(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return false;
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(step) && hasTwins(value[Number(step)], rest);
  if (!(value instanceof Members)) return false;
  const alike = value.entries.filter(([name]) => foldCase(name) === foldCase(step));
  return alike.length > 1 || alike.some(([name, item]) => name === step && hasTwins(item, rest));
}

function memberAt(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return value;
  if (Array.isArray(value)) return /^\d+$/.test(step) ? memberAt(value[Number(step)], rest) : undefined;
  if (!(value instanceof Members)) return undefined;
  return memberAt(value.entries.find(([name]) => name === step)?.[1], rest);
}

function isAmbiguous(value: unknown, { json, each = {} }: EachReads): boolean {
  if ([...json, ...Object.keys(each)].some((at) => hasTwins(value, stepsOf(at)))) return true;
  return Object.entries(each).some(([at, wanted]) => {
    const list = memberAt(value, stepsOf(at));
    return Array.isArray(list) && list.some((element) => isAmbiguous(element, wanted));
  });
}

function assertReads(fields: EachFields, parsed: unknown, { json, each = {} }: EachReads): void {
  for (const at of json) {
    const expected = lookUp(parsed, at);
    assert.equal(fields.kind(at), kindOf(expected), at);
    assert.equal(fields.text(at), typeof expected === 'string' ? expected : undefined, at);
  }
  for (const [at, wanted] of Object.entries(each)) {
    const expected = lookUp(parsed, at);
    const elements: readonly unknown[] = Array.isArray(expected) ? expected : [];
    const read = fields.each(at);
    assert.equal(read.length, elements.length, at);
    for (const [index, element] of read.entries()) assertReads(element, elements[index], wanted);
  }
}

/** The value at a pointer, by RFC 6901 on the document that JSON.parse built. */
function lookUp(document: unknown, at: string): unknown {
  let value = document;
  for (const raw of at.split('/').slice(1)) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    if (Array.isArray(value) && !/^\d+$/.test(step)) return undefined;
    value = Object.entries(value).find(([name]) => name === step)?.[1];
  }
  return value;
}

function kindOf(value: unknown): JsonKind | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'null';
  if (value === true) return 'true';
  if (value === false) return 'false';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'number' : 'object';
}

function assertSame(bytes: Buffer, wanted: readonly string[]): void {
  const read = readJson(bytes, compileJsonReads(wanted));
  if (read.outcome !== 'read') return;
  const parsed: unknown = JSON.parse(bytes.toString());
  for (const at of wanted) {
    const expected = lookUp(parsed, at);
    assert.equal(read.fields.kind(at), kindOf(expected), at);
    assert.equal(read.fields.text(at), typeof expected === 'string' ? expected : undefined, at);
  }
}

/** Without half a surrogate pair in any string. */
function wellFormed(value: unknown): boolean {
  if (typeof value === 'string') return !/\p{Surrogate}/u.test(value);
  if (Array.isArray(value)) return value.every(wellFormed);
  if (!(value instanceof Members)) return true;
  return value.entries.every(([name, item]) => wellFormed(name) && wellFormed(item));
}

describe('the JSON reader', () => {
  it('reads from any document, however it is written, what JSON.parse reads', () => {
    fc.assert(
      fc.property(document, dice, pointers, (value, next, wanted) => {
        const bytes = Buffer.from(write(value, next));
        const { outcome } = readJson(bytes, compileJsonReads(wanted));
        const twins = isAmbiguous(value, { json: wanted });
        const expected = twins ? 'ambiguous' : 'read';
        assert.ok(outcome === expected || (outcome === 'invalid' && !wellFormed(value)), bytes.toString());
        assertSame(bytes, wanted);
      }),
      { numRuns: 1500 },
    );
  });

  it('reads every element of the wanted arrays, and of those within, as JSON.parse does', () => {
    fc.assert(
      fc.property(document, dice, wantedReads, (value, next, wanted) => {
        const bytes = Buffer.from(write(value, next));
        const read = readJson(bytes, compile(wanted));
        const expected = isAmbiguous(value, wanted) ? 'ambiguous' : 'read';
        assert.ok(
          read.outcome === expected || (read.outcome === 'invalid' && !wellFormed(value)),
          `${read.outcome}, not ${expected}: ${bytes.toString()}`,
        );
        if (read.outcome === 'read') assertReads(read.fields, JSON.parse(bytes.toString()), wanted);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads the same in slices of any size, and of a body that is changed or cut', () => {
    const slices = fc.infiniteStream(fc.integer({ min: 1, max: 40 }));
    const cut = fc.option(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }));
    fc.assert(
      fc.property(document, dice, wantedReads, slices, cut, (value, next, wanted, sizes, change) => {
        const bytes = Buffer.from(write(value, next));
        if (change !== null) bytes[change.at % bytes.length] = change.byte;
        const whole = readJson(bytes, compile(wanted));
        const sliced = readInSlices(bytes, compile(wanted), sizes);
        // Which of two faults is met first may differ.
        assert.equal(sliced.outcome === 'read', whole.outcome === 'read', bytes.toString());
        if (sliced.outcome === 'read') assertReads(sliced.fields, JSON.parse(bytes.toString()), wanted);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes nothing that JSON.parse does not take, and reads no other value, once bytes are changed', () => {
    const change = fc.record({
      at: fc.nat(),
      with: fc.oneof(
        fc.constantFrom(...Buffer.from('{}[]",:\\u0e-+.tfn \n\0')),
        fc.constantFrom(0x80, 0xc0, 0xe2, 0xff, 0x1f),
        fc.nat({ max: 255 }),
      ),
      cut: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(
        document,
        dice,
        pointers,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (value, next, wanted, changes) => {
          let bytes = Buffer.from(write(value, next));
          for (const { at, with: byte, cut } of changes) {
            const place = at % (bytes.length + 1);
            bytes = Buffer.concat([
              bytes.subarray(0, place),
              Buffer.from([byte]),
              bytes.subarray(place + cut),
            ]);
          }
          assertSame(bytes, wanted);
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('takes no bytes at random that JSON.parse does not take', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\\u00',
      '1',
      '-',
      '.5',
      'e3',
      'true',
      'null',
      '"id"',
      '"a":',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 12 }), pointers, (parts, wanted) => {
        assertSame(Buffer.from(parts.join('')), wanted);
      }),
      { numRuns: 4000 },
    );
  });

  it('takes every short string as JSON.parse does, wherever it lies within the words of four bytes', () => {
    const piece = fc.constantFrom(
      'a',
      'é',
      '\\n',
      '\\"',
      '\\\\',
      '"',
      '\n',
      '\u001f',
      ' ',
      '😀',
      '\\u0041',
      '\\x',
    );
    fc.assert(
      fc.property(
        fc.nat({ max: 90 }),
        fc.array(piece, { maxLength: 10 }),
        fc.nat({ max: 40 }),
        (before, pieces, after) => {
          const body = `["${'x'.repeat(before)}${pieces.join('')}${'y'.repeat(after)}"]`;
          const { outcome } = readJson(Buffer.from(body), compileJsonReads(['/0']));
          let parsed = true;
          try {
            JSON.parse(body);
          } catch (error) {
            assert.ok(error instanceof SyntaxError);
            parsed = false;
          }
          assert.equal(outcome === 'read', parsed, body);
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('calls a key that is written twice on the way to a wanted value ambiguous, however it is written', () => {
    const steps = fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        steps,
        fc.nat(),
        document,
        document,
        dice,
        fc.boolean(),
        (path, which, one, other, next, first) => {
          fc.pre(wellFormed(one) && wellFormed(other));
          const twice = which % path.length;
          const wanted = path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
          const body = path.reduceRight<string>(
            (inner, step, depth) => {
              const member = (value: string) => `${writeString(step, next)}:${value}`;
              const second = member(write(other, next));
              if (depth !== twice) return `{${member(inner)}}`;
              return first ? `{${member(inner)},"z":1,${second}}` : `{${second},"z":1,${member(inner)}}`;
            },
            write(one, next),
          );
          const read = readJson(Buffer.from(body), compileJsonReads([wanted]));
          assert.equal(read.outcome, 'ambiguous', body);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
