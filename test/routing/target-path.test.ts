import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkPath, matchesPrefix, pickByPath, withoutPrefix } from '../../src/routing/target-path.ts';

describe('a request path', () => {
  const sound = [
    '/', '/api/messages', '/a/', '/a//b', '/.well-known/x', '/...', '/.../x', '/a..b', '/a.', '/a/..b', '/..a/', '/a%2fb',
    '/a%20b', '/100%25', '/%zz', '/%', '/a;b=c', '/;..', '/%E2%82%AC', '/a@b:c,d+e=f', "/v3/conversations/19:x@thread.v2;messageid=1/(')",
    '/a%2525b',
  ]; // biome-ignore format: one case beside the other
  for (const path of sound) it(`is sound: ${path}`, () => assert.equal(checkPath(path), undefined));

  const refused = [
    '', 'a', '*', '//', '//host/api', '/.', '/..', '/./', '/../', '/a/.', '/a/..', '/a/./b', '/a/../b', '/../../etc',
    '/%2e', '/%2E%2e/x', '/.%2e/x', '/a/%2e%2E', '/a%2f..%2fb', '/a%2f%2e%2e', '/..%2fx', '/..%5cx', '/a%5c..', '/a\\b',
    '/a\\..\\b', '/..;/x', '/..;a=b/x', '/.;/x', '/..%3b/x', '/%2e%2e;x', '/%00', '/a%00.js', '/a/..%00/b', '/%252e%252e/x',
    '/%252e%252e%252fx', '/..%252fx', '/%25252e%25252e/', '/%2525252525252e', '/%2%65%2%65/', '/%25%32%65%252e/x', '/%c0%ae%c0%ae/',
    '/%c0%afx', '/a b', '/a\tb', '/a\0', '/a\x7f', '/é', '/\u{1f600}', '/a#b', '/a\r\nb',
  ]; // biome-ignore format: one case beside the other
  for (const path of refused) {
    it(`is refused with a reason: ${JSON.stringify(path)}`, () =>
      assert.equal(typeof checkPath(path), 'string'));
  }

  it('that is sound names what the URL parser names', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '%25',
      '2e',
      ';',
      'a',
      'b',
      '%00',
      '//',
      '@',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const path = `/${pieces.join('')}`;
        if (checkPath(path) !== undefined) return;
        const url = new URL(path, 'http://gateway.invalid');
        assert.deepEqual([url.host, url.pathname], ['gateway.invalid', path]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a path prefix', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['/a', '', true],
    ['/a', '/', true],
    ['/', '/', true],
    ['/a', '/a', true],
    ['/a/', '/a', true],
    ['/a/b', '/a', true],
    ['/ab', '/a', false],
    ['/a%2fb', '/a', false],
    ['/A', '/a', false],
    ['/%61', '/a', false],
    ['/a', '/a/b', false],
  ];
  for (const [path, prefix, expected] of cases) {
    it(`${JSON.stringify(prefix)} ${expected ? 'holds' : 'does not hold'} ${path}`, () => {
      assert.equal(matchesPrefix(path, prefix), expected);
    });
  }

  it('is taken off in whole segments, and never leaves what reads as a host', () => {
    assert.equal(withoutPrefix('/p/x', '/p/x'), '/');
    assert.equal(withoutPrefix('/p/x/', '/p/x'), '/');
    assert.equal(withoutPrefix('/p/x/api', '/p/x'), '/api');
    assert.equal(withoutPrefix('/api', ''), '/api');
    assert.equal(withoutPrefix('/p/x//host/api', '/p/x'), undefined);
  });
});

describe('listeners picked by path', () => {
  const messages = { paths: ['/api/messages', '/api/calls'] };
  const webhook = { paths: ['/webhooks', '/api/messages/old'] };
  const rest = { paths: ['/'] };
  const hidden = { paths: [] };

  it('are picked by the longest prefix', () => {
    const all = [rest, messages, webhook, hidden];
    assert.equal(pickByPath(all, '/api/calls/1'), messages);
    assert.equal(pickByPath(all, '/api/messages'), messages);
    assert.equal(pickByPath(all, '/api/messages/old/1'), webhook);
    assert.equal(pickByPath(all, '/api/messagesx'), rest);
  });

  it('are none where no public path holds the request', () => {
    assert.equal(pickByPath([messages, webhook, hidden], '/admin'), undefined);
    assert.equal(pickByPath([hidden], '/'), undefined);
  });
});
