import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { peekJwt } from '../../src/routing/jwt.ts';

const HEADER = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url');

function bearer(payload: string | Buffer): string {
  return `Bearer ${HEADER}.${Buffer.from(payload).toString('base64url')}.c2lnbmF0dXJl`;
}

const NOTHING = { iss: undefined, aud: undefined, email: undefined };
const CLAIMS = '{"iss":"https://issuer.example","aud":"audience-1","email":"sender@example.com","exp":1}';
const READ = { iss: 'https://issuer.example', aud: 'audience-1', email: 'sender@example.com' };

describe("a bearer JWT's claims", () => {
  const read: readonly (readonly [string, string, object])[] = [
    ['as they stand', bearer(CLAIMS), READ],
    ['the scheme in another case', bearer(CLAIMS).replace('Bearer', 'bEARER'), READ],
    ['several spaces behind the scheme', bearer(CLAIMS).replace('Bearer ', 'Bearer   '), READ],
    ['none of those that are wanted', bearer('{"sub":"x"}'), NOTHING],
    ['no strings', bearer('{"iss":1,"aud":["audience-1"],"email":null}'), NOTHING],
    ['within another', bearer('{"x":{"aud":"audience-1"}}'), NOTHING],
    ['with escapes', bearer('{"\\u0061ud":"audience\\u002d1"}'), { ...NOTHING, aud: 'audience-1' }],
    ['a list for a payload', bearer('["aud"]'), NOTHING],
  ];
  for (const [name, header, expected] of read) {
    it(`are read: ${name}`, () => assert.deepEqual(peekJwt(header), expected));
  }

  const payload = Buffer.from(CLAIMS).toString('base64url');
  const refused: readonly (readonly [string, string | undefined])[] = [
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', bearer(CLAIMS).replace('Bearer', 'Basic')],
    ['no scheme', bearer(CLAIMS).slice('Bearer '.length)],
    ['no space behind the scheme', bearer(CLAIMS).replace('Bearer ', 'Bearer')],
    ['two parts', `Bearer ${HEADER}.${payload}`],
    ['four parts', `${bearer(CLAIMS)}.x`],
    ['an empty header part', `Bearer .${payload}.x`],
    ['an empty payload', `Bearer ${HEADER}..x`],
    ['no signature', `Bearer ${HEADER}.${payload}.`],
    ['a second token', `${bearer(CLAIMS)}, ${bearer(CLAIMS)}`],
    ['a line break at the end', `${bearer(CLAIMS)}\n`],
    ['padding', `Bearer ${HEADER}.${Buffer.from('{"a":1}').toString('base64')}.x`],
    ['the other base64 alphabet', `Bearer ${HEADER}.${'+/+/'}.x`],
    // 'e30' is {}; the two lowest bits of the last character stand for nothing.
    ['bits that stand for nothing', `Bearer ${HEADER}.e31.x`],
    ['a character too many', `Bearer ${HEADER}.e30AA.x`],
    ['a repeated claim', bearer('{"aud":"audience-1","aud":"audience-2"}')],
    ['a repeated claim in disguise', bearer('{"aud":"audience-1","\\u0061ud":"audience-2"}')],
    ['no JSON', bearer('audience-1')],
    ['JSON and something behind it', bearer('{"aud":"audience-1"}x')],
    ['no UTF-8', bearer(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
    ['too deep', bearer(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`)],
    ['too long', bearer(JSON.stringify({ aud: 'audience-1', x: 'x'.repeat(8192) }))],
  ];
  for (const [name, header] of refused) {
    it(`are not read: ${name}`, () => assert.equal(peekJwt(header), undefined));
  }

  it('are those that JSON.parse reads, whatever else the payload holds', () => {
    const claims = fc.record({ iss: fc.string(), aud: fc.string(), email: fc.string(), more: fc.json() });
    fc.assert(
      fc.property(claims, ({ iss, aud, email, more }) => {
        fc.pre(more.length < 1000);
        const text = JSON.stringify({ more: JSON.parse(more), email, aud, iss });
        assert.deepEqual(peekJwt(bearer(text)), { iss, aud, email });
      }),
    );
  });

  it('never throw', () => {
    const char = fc.constantFrom(...'Bearer .e30-_=+/,\n{}"');
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: char }));
    fc.assert(
      fc.property(text, (rest) => {
        peekJwt(rest);
        peekJwt(`Bearer ${rest}`);
        peekJwt(bearer(rest));
      }),
    );
  });
});
