import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodyFormat, parseContentType } from '../../../src/routing/body/content-type.ts';
import { head } from '../support.ts';

describe('a Content-Type', () => {
  const read: readonly (readonly [string, string, string | undefined])[] = [
    ['application/json', 'json', undefined],
    ['Application/JSON', 'json', undefined],
    ['application/json; charset=utf-8', 'json', 'utf-8'],
    ['application/json;charset=UTF-8', 'json', 'utf-8'],
    ['application/json ; Charset="Utf-8" ', 'json', 'utf-8'],
    ['application/json; charset="u\\tf-8"', 'json', 'utf-8'],
    ['application/json;', 'json', undefined],
    ['application/json; ; x=y;charset=latin1', 'json', 'latin1'],
    ['application/json; x="charset=utf-16; a"', 'json', undefined],
    ['application/json; charset=utf8', 'json', 'utf-8'],
    ['application/json; charset="UTF8"', 'json', 'utf-8'],
    ["application/json; charset='utf-8'", 'json', 'utf-8'],
    ['application/json; charset=unicode-1-1-utf-8', 'json', 'utf-8'],
    ['application/json; charset=utf-8; CHARSET=utf8', 'json', 'utf-8'],
    ['application/json; utf-8', 'json', 'utf-8'],
    ['application/json;UTF8', 'json', 'utf-8'],
    ['application/json; utf-8; charset=utf-8', 'json', 'utf-8'],
    ['application/x-www-form-urlencoded; utf-8', 'form', 'utf-8'],
    ['text/xml; utf8', 'xml', 'utf-8'],
    ['application/json; charset=utf-16', 'json', 'utf-16'],
    ['application/json; charset=utf-7', 'json', 'utf-7'],
    ['application/activity+json', 'json', undefined],
    ['text/json', 'json', undefined],
    ['application/x-www-form-urlencoded', 'form', undefined],
    ['application/x-www-form-urlencoded; charset=utf-8', 'form', 'utf-8'],
    ['multipart/form-data; boundary=x', 'other', undefined],
    ['text/plain', 'other', undefined],
    ['application/jsonp', 'other', undefined],
    ['text/x+json', 'other', undefined],
  ];
  for (const [value, format, charset] of read) {
    it(`is read: ${value}`, () => assert.deepEqual(parseContentType(value), { format, charset }));
  }

  const broken = [
    '', 'json', 'application/', '/json', ' application/json', 'application/json, text/plain',
    'application/json; charset', 'application/json; charset=', 'application/json; charset="utf-8',
    'application/json charset=utf-8', 'application/json; charset=utf-8; charset=utf-16',
    'application/json; x=a b', 'application/json; latin1', 'application/json; utf-8; charset=latin1',
    'application/json; charset=utf8; charset=latin1', 'application/json; utf-8=', 'application/json; utf-8 x',
    'application/json, utf-8', 'application/json utf-8',
  ]; // biome-ignore format: one case beside the other
  for (const value of broken) {
    it(`is not read: ${JSON.stringify(value)}`, () => assert.equal(parseContentType(value), undefined));
  }

  it('is read up to 1024 characters, since every platform asks for it', () => {
    assert.equal(parseContentType(`application/json${' ;'.repeat(504)}`)?.format, 'json');
    assert.equal(parseContentType(`application/json${' ;'.repeat(505)}`), undefined);
    assert.equal(parseContentType(`application/json${' '.repeat(50_000)}x`), undefined);
  });

  it('that is missing or broken leaves the format unknown', () => {
    assert.equal(bodyFormat(head({})), 'unknown');
    assert.equal(bodyFormat(head({ headers: { 'content-type': 'json' } })), 'unknown');
    assert.equal(bodyFormat(head({ headers: { 'content-type': 'text/plain' } })), 'other');
  });
});
