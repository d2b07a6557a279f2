import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkPath, matchesPrefix, pickByPath, withoutPrefix } from '../../src/routing/target-path.ts';

describe('a request path', () => {
  const sound = [
    '/', '/api/messages', '/a/', '/a//b', '/.well-known/x', '/a..b', '/a.', '/a/..b', '/..a/', '/.-', '/._', '/a%2fb',
    '/a%20b', '/100%25', '/%zz', '/%', '/a;b=c', '/;..', '/%E2%82%AC', '/a@b:c,d+e=f', "/v3/conversations/19:x@thread.v2;messageid=1/(')",
    '/a%2525b', '/.%41', '/..%C3%A9', '/a%09b', '/a%20', '/a%2f', '/%E3%81%82.', '/a%23b', '/a%3fb', '/%fc',
  ]; // biome-ignore format: one case beside the other
  for (const path of sound) it(`is sound: ${path}`, () => assert.equal(checkPath(path), undefined));

  const refused = [
    '', 'a', '*', '//', '//host/api', '/.', '/..', '/./', '/../', '/a/.', '/a/..', '/a/./b', '/a/../b', '/../../etc',
    '/%2e', '/%2E%2e/x', '/.%2e/x', '/a/%2e%2E', '/a%2f..%2fb', '/a%2f%2e%2e', '/..%2fx', '/..%5cx', '/a%5c..', '/a\\b',
    '/a\\..\\b', '/..;/x', '/..;a=b/x', '/.;/x', '/..%3b/x', '/%2e%2e;x', '/%00', '/a%00.js', '/a/..%00/b', '/%252e%252e/x',
    '/%252e%252e%252fx', '/..%252fx', '/%25252e%25252e/', '/%2525252525252e', '/%2%65%2%65/', '/%25%32%65%252e/x', '/%c0%ae%c0%ae/',
    '/%c0%afx', '/a b', '/a\tb', '/a\0', '/a\x7f', '/é', '/\u{1f600}', '/a#b', '/a\r\nb',
    '/in/.%09./x', '/in/..%09/x', '/in/%09../x', '/in/.%0d%0a./x', '/..%23/x', '/..%23', '/..%3f/x', '/..%3Fa=b', '/..%20/x', '/..%0d/x',
    '/%20..%20/x', '/.%20./x', '/%20.', '/..%c2%a0/x', '/.%e2%80%8b./x', '/.%c2%ad.', '/%ef%bb%bf..', '/.%ff.', '/.%7f./', '/.%01.',
    '/%ef%bc%8e%ef%bc%8e/x', '/.%ef%bc%8e/x', '/%e2%80%a5/x', '/a%ef%bc%8f..%ef%bc%8fb', '/a%ef%bc%bc..', '/.%2509./x', '/..%2523/x',
    '/..%252520/x', '/%e0%80%ae%e0%80%ae/', '/%f0%80%80%ae', '/%f8%80%80%80%ae', '/%fc%80%80%80%80%ae', '/%u002e%u002e/x', '/a%U002Fb',
    '/...', '/.../x', '/..%20./x', '/%2e%%092e', '/.%%092e/x', '/%%ff2e', '/..,/x', "/..'", '/..:$DATA', '/..%', '/..%zz', '/..=', '/.(x)/', '/..%22/', '/..%26', '/..%e2%80%8b%23',
    '/%2fhost/x', '/%2Fhost', '/%5chost', '/%09/host', '/%ef%bc%8fhost', '/%252fhost', '/%c2%a0/host',
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

describe('a sound path below a prefix', () => {
  const piece = fc.constantFrom(
    ...[
      '/',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '%09',
      '%0d',
      '%20',
      '%23',
      '%3f',
      '%3b',
      '%25',
      '%u',
      '2e',
      ';',
      'a',
      '%',
    ],
    ...['%ef%bc%8e', '%e2%80%8b', '%ff', '%c2%a0'],
  );

  it('stays below it, however often a gateway decodes it and whatever its URL parser removes', () => {
    let sound = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/in/${pieces.join('')}`;
        if (checkPath(path) !== undefined) return;
        sound += 1;
        for (let [seen, layer] = [path, 0]; layer < 3; layer += 1) {
          seen = unescaped(seen);
          for (const read of [seen, seen.trim(), seen.normalize('NFKC'), seen.replaceAll('\ufffd', '')]) {
            const url = new URL(read, 'http://gateway.invalid');
            assert.equal(url.host, 'gateway.invalid');
            assert.match(url.pathname, /^\/in(?:\/|$)/, JSON.stringify(read));
          }
        }
      }),
      { numRuns: 5000 },
    );
    assert.ok(sound > 500, `only ${sound} of the paths were sound`);
  });

  it('is checked in time that grows with its length alone', () => {
    for (const long of ['%2e', '/.', '%252520', '.%09', '%ef%bc%8e', ';..']) {
      const path = `/a${long.repeat(16_000 / long.length)}`;
      const began = performance.now();
      checkPath(path);
      assert.ok(performance.now() - began < 100, long);
    }
  });
});

/** As a lenient server decodes percent-encodings: what is none stays as it is. */
function unescaped(path: string): string {
  const bytes = path.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

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
    for (const hidden of ['%2fhost', '%5Chost', '%09/host', '%252fhost']) {
      assert.equal(checkPath(`/p/x/${hidden}`), undefined);
      assert.equal(withoutPrefix(`/p/x/${hidden}`, '/p/x'), undefined, hidden);
    }
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
