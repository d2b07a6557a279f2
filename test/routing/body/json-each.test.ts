import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileJsonReads, DEEPEST_JSON, readJson } from '../../../src/routing/body/json.ts';
import type { EachFields, EachReads } from '../../../src/routing/body/reads.ts';

const MOST = 100;

const entries: EachReads = { json: ['/id'], each: { '/changes': { json: ['/value/to'] } } };
const reads = compileJsonReads(['/object', '/entry/0/first', '/entry'], [{ '/entry': entries }], MOST);

function read(body: unknown) {
  return readJson(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), reads);
}

function ids(body: unknown): readonly (string | undefined)[] {
  return fieldsOf(body)
    .each('/entry')
    .map((entry) => entry.text('/id'));
}

function fieldsOf(body: unknown) {
  const result = read(body);
  if (result.outcome !== 'read') throw new Error(`${result.outcome}: ${result.detail}`);
  return result.fields;
}

describe('an array that is read whole', () => {
  it('gives the values of each element, and of the arrays within', () => {
    const fields = fieldsOf({
      object: 'x',
      entry: [
        { id: 'a', changes: [{ value: { to: '1' } }, { value: { to: '2' } }] },
        { changes: [], id: 'b' },
        { id: 5, changes: { value: { to: '3' } } },
        'no object',
      ],
    });
    assert.equal(fields.text('/object'), 'x');
    assert.equal(fields.kind('/entry'), 'array');
    const to = (entry: EachFields) => entry.each('/changes').map((change) => change.text('/value/to'));
    assert.deepEqual(
      fields.each('/entry').map((entry) => [entry.kind('/id'), entry.text('/id'), to(entry)]),
      [
        ['string', 'a', ['1', '2']],
        ['string', 'b', []],
        ['number', undefined, []],
        [undefined, undefined, []],
      ],
    );
  });

  it('has no elements where it is none, or is not there', () => {
    for (const body of [{}, { entry: null }, { entry: { 0: { id: 'a' } } }, { entry: [] }, []]) {
      assert.deepEqual(fieldsOf(body).each('/entry'), []);
    }
  });

  it('may be the body itself', () => {
    const result = readJson(
      Buffer.from('[{"id":"a"},{"id":"b"}]'),
      compileJsonReads([], [{ '': { json: ['/id'] } }], MOST),
    );
    assert.ok(result.outcome === 'read');
    assert.deepEqual(
      result.fields.each('').map((element) => element.text('/id')),
      ['a', 'b'],
    );
  });

  it('is read by its indexes as well, however long the text between', () => {
    const long = `${'x'.repeat(300)}"\\`.repeat(5);
    const body = {
      entry: [
        { other: long, first: 'f', id: 'a', another: long },
        { other: long, id: 'b', another: long },
      ],
    };
    assert.equal(fieldsOf(body).text('/entry/0/first'), 'f');
    assert.deepEqual(ids(body), ['a', 'b']);
  });

  it('is read once for all who want it', () => {
    const merged = compileJsonReads(
      [],
      [
        { '/entry': { json: ['/id'] } },
        { '/entry': { json: ['/time', '/id'], each: { '/messaging': { json: ['/to'] } } } },
      ],
      MOST,
    );
    const result = readJson(
      Buffer.from('{"entry":[{"id":"a","time":"t","messaging":[{"to":"x"}]}]}'),
      merged,
    );
    assert.ok(result.outcome === 'read');
    const [entry] = result.fields.each('/entry');
    assert.equal(entry?.text('/id'), 'a');
    assert.equal(entry?.text('/time'), 't');
    assert.equal(entry?.each('/messaging')[0]?.text('/to'), 'x');
  });

  it('is given only where it was declared', () => {
    const fields = fieldsOf({ entry: [{ id: 'a' }] });
    assert.throws(() => fields.each('/object'), /declared/);
    assert.throws(() => fields.each('/entry')[0]?.text('/time'), /declared/);
  });

  const ambiguous: readonly string[] = [
    '{"entry":[{"id":"a","id":"b"}]}',
    '{"entry":[{"id":"a"},{"id":"b","\\u0069d":"c"}]}',
    '{"entry":[{"id":"a","Id":"b"}]}',
    '{"entry":[{"id":"a"}],"entry":[]}',
    '{"entry":[],"Entry":[{"id":"a"}]}',
    '{"entry":[{"changes":[{"value":{"to":"1"},"value":{}}]}]}',
    '{"entry":[{"changes":[],"changes":[{"value":{"to":"1"}}]}]}',
  ];
  for (const body of ambiguous) {
    it(`is ambiguous where a key on the way is repeated: ${body}`, () => {
      assert.equal(read(body).outcome, 'ambiguous');
    });
  }

  it('may repeat a key elsewhere, and in each element', () => {
    assert.deepEqual(ids('{"entry":[{"id":"a","o":1,"o":2},{"id":"a"}]}'), ['a', 'a']);
  });

  const invalid: readonly string[] = [
    '{"entry":[{"id":"a"},]}',
    '{"entry":[{"id":"a"}',
    '{"entry":[{"id":"\\ud800"}]}',
  ];
  for (const body of invalid) {
    it(`is refused with the rest of what is no JSON: ${body}`, () =>
      assert.equal(read(body).outcome, 'invalid'));
  }

  it('has a number of elements that is bounded, all arrays together', () => {
    const entry = (count: number, inner: number) =>
      Array.from({ length: count }, () => ({ id: 'a', changes: Array.from({ length: inner }, () => ({})) }));
    assert.equal(read({ entry: entry(MOST, 0) }).outcome, 'read');
    assert.equal(read({ entry: entry(MOST + 1, 0) }).outcome, 'invalid');
    assert.equal(read({ entry: entry(MOST / 2, 1) }).outcome, 'read');
    assert.equal(read({ entry: entry(MOST / 2, 2) }).outcome, 'invalid');
    assert.equal(read({ object: 'x', other: entry(MOST + 1, 1) }).outcome, 'read');
  });

  it('is no deeper than any other', () => {
    const nested = (depth: number) => `{"entry":[{"x":${'['.repeat(depth)}${']'.repeat(depth)}}]}`;
    assert.equal(read(nested(DEEPEST_JSON - 3)).outcome, 'read');
    assert.equal(read(nested(DEEPEST_JSON - 2)).outcome, 'invalid');
  });
});
