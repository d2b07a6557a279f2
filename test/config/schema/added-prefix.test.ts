import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addedPrefixFault, barePrefix } from '../../../src/config/schema/paths.ts';
import { readUpstreamUrl } from '../../../src/config/schema/public-url.ts';
import { checkPath, matchesPrefix } from '../../../src/routing/target-path.ts';

describe('an added prefix', () => {
  for (const path of [
    '/',
    '/p/inbox-triage',
    '/p/inbox-triage/',
    '/a%20b',
    '/%E3%81%82',
    '/n8n;v=1',
    "/(a)'",
  ]) {
    it(`is accepted: ${path}`, () => assert.equal(addedPrefixFault(path), null));
  }

  const refused = [
    '', 'p', '//', '/p//a', '/p/../a', '/p/.', '/%2e%2e', '/.%2E/a', '/p?x=1', '/p#a', '/p/*', '/p a', '/p\\a', '/é', '/%', '/p%2', '/%zz',
    '/%fc', '/%e0', '/%252e%252e', '/%25', '/..;/a', '/%2fhost', '/a%2f..%2fb', '/%00', '/.%09.',
  ]; // biome-ignore format: one case beside the other
  for (const path of refused) {
    it(`is refused with a reason: ${JSON.stringify(path)}`, () =>
      assert.equal(typeof addedPrefixFault(path), 'string'));
  }

  const piece = fc.constantFrom(
    ...['/', '.', '..', '%', '%2', '%2e', '%2E', '%2f', '%5c', '%25', '2e', ';', 'a', 'b', '%00', '%09', '%e0', '%c0', '%ae'],
    ...['%e3%81%82', '?', '@', '//', ':', '%u002e', '=', '%cc%b8', '%ef%bc%8e'],
  ); // biome-ignore format: one case beside the other
  const anyPath = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);

  it('keeps every path that the door lets pass below it, also as a lenient gateway reads the two together', () => {
    let joined = 0;
    fc.assert(
      fc.property(anyPath, anyPath, (added, path) => {
        if (addedPrefixFault(added) !== null || checkPath(path) !== undefined) return;
        const prefix = barePrefix(added);
        const whole = prefix + path;
        assert.equal(checkPath(whole), undefined, whole);
        assert.ok(matchesPrefix(whole, prefix));
        // With `?` and `#` for what they are in a URL, and after one layer of decoding as after none.
        const url = new URL(whole, 'http://gateway.invalid');
        assert.equal(url.host, 'gateway.invalid');
        assert.ok(matchesPrefix(url.pathname, prefix), whole);
        joined += 1;
      }),
      { numRuns: 20_000 },
    );
    assert.ok(joined > 100, String(joined));
  });
});

describe('the url of a gateway', () => {
  it('has its path as written for a prefix', () => {
    const read = (text: string) => readUpstreamUrl(text);
    assert.deepEqual(read('http://127.0.0.1:28650/p/inbox-triage'), {
      ok: true,
      value: { host: '127.0.0.1', port: 28650, prefix: '/p/inbox-triage' },
    });
    assert.deepEqual(read('http://[::1]:28650/P%20a/'), {
      ok: true,
      value: { host: '::1', port: 28650, prefix: '/P%20a' },
    });
    for (const none of ['http://bots.example.com', 'http://bots.example.com/']) {
      assert.deepEqual(read(none), { ok: true, value: { host: 'bots.example.com', port: 80, prefix: '' } });
    }
  });

  for (const [text, reason] of [
    ['http://127.0.0.1:1/p/../q', "has a path that must not hold '.' or '..' segments"],
    ['http://127.0.0.1:1/p//q', "has a path that must not hold '//'"],
    ['http://127.0.0.1:1\\p', "has a path that must start with '/'"],
    ['http://127.0.0.1:1/p?x=1', 'must not have a query or a fragment'],
    ['http://user@127.0.0.1:1/p', 'must not hold a user'],
  ]) {
    it(`is refused: ${text}`, () => assert.deepEqual(readUpstreamUrl(text ?? ''), { ok: false, reason }));
  }
});
