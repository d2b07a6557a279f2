import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mayStartJson, whyJsonMayBeHidden } from '../../../src/door/match/hidden-json.ts';

test('the start of every object and array of JSON is told, however it is encoded and wherever it is cut', () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  const blanks = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 5 });
  const encoding = fc.constantFrom('utf8' as const, 'utf16le' as const);
  const mark = fc.constantFrom('', '\ufeff');
  fc.assert(
    fc.property(value, blanks, encoding, mark, fc.nat(), (json, before, encoded, bom, cut) => {
      const bytes = Buffer.from(bom + before + JSON.stringify(json), encoded);
      // A mark that is cut in two is told by nobody; a connection's first bytes are not so few.
      const length = Math.max(4, cut % (bytes.length + 1));
      assert.ok(mayStartJson(bytes.subarray(0, length)));
    }),
  );
});

test('what starts otherwise is no object and no array of JSON', () => {
  const starts = [
    'hello',
    'a=1&b={',
    '<xml>{',
    '--boundary',
    '%7B',
    '\x89PNG',
    '\xff\xd8\xff',
    'PK',
    '\x1f\x8b',
  ];
  for (const start of starts) assert.equal(mayStartJson(Buffer.from(start, 'latin1')), false, start);
});

test('a Content-Encoding or a charset unlike ASCII hides the start of a body', () => {
  const why = (contentType: string, contentEncoding?: string) =>
    whyJsonMayBeHidden({ contentType, contentEncoding })?.code ?? null;
  assert.equal(why('text/plain'), null);
  assert.equal(why('text/plain; charset=utf8', 'identity'), null);
  assert.equal(why('text/plain; charset=windows-1252'), null);
  assert.equal(why('text/plain; charset=utf-16'), 'GWPROXY_ENCODING');
  assert.equal(why('text/plain; charset=cp037'), 'GWPROXY_ENCODING');
  assert.equal(why('text/plain', 'gzip'), 'GWPROXY_ENCODING');
});
