import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerOf } from '../../../src/door/http/peer.ts';
import { senderRequestId } from '../../../src/door/http/request-id.ts';
import { readHead } from '../../../src/door/request/read-head.ts';
import { answerHeaders, type Forwarding, requestHeaders } from '../../../src/door/upstream/headers.ts';
import { OVERRIDE_HEADERS } from '../../../src/routing/url/override-headers.ts';

const STRANGER = { address: '203.0.113.9', loopback: false };
const TUNNEL = { address: '127.0.0.1', loopback: true };
const PUBLIC = { href: 'https://bots.example.com', proto: 'https', host: 'bots.example.com' } as const;

function forwarded(came: readonly string[], how: Partial<Forwarding> = {}): Record<string, string> {
  const head = readHead({
    method: 'POST',
    url: '/',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'h.example', ...came],
  });
  const flat = requestHeaders(head, {
    peer: STRANGER,
    publicUrl: null,
    requestId: 'r-1',
    stripped: '',
    keepHeaders: [],
    ...how,
  });
  const entries = flat.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), flat[at + 1] ?? '']] : [],
  );
  return Object.fromEntries(entries);
}

test('what speaks of one connection alone is not forwarded', () => {
  const headers = forwarded([
    ...['Connection', 'close, X-Hop', 'X-Hop', '1', 'connection', 'x-other', 'X-Other', '2'],
    ...['Keep-Alive', 'timeout=5', 'Proxy-Connection', 'keep-alive', 'TE', 'trailers', 'Trailer', 'X-T'],
    ...[
      'Upgrade',
      'h2c',
      'HTTP2-Settings',
      'AAMAAABk',
      'Content-Length',
      '3',
      'Expect',
      '100-continue',
      'X-Kept',
      'yes',
    ],
  ]);
  assert.deepEqual(Object.keys(headers), [
    'host',
    'x-kept',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
    'x-request-id',
  ]);
});

test('forwarding headers from an untrusted peer are replaced', () => {
  const headers = forwarded([
    ...['X-Forwarded-For', '127.0.0.1', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'evil.example'],
    ...['X-Forwarded-Prefix', '/x', 'X-Forwarded-Port', '1', 'X-Real-IP', '127.0.0.1', 'Forwarded', 'for=x'],
  ]);
  assert.equal(headers['x-forwarded-for'], '203.0.113.9');
  assert.equal(headers['x-forwarded-proto'], 'http');
  assert.equal(headers['x-forwarded-host'], 'h.example');
  for (const name of ['x-forwarded-prefix', 'x-forwarded-port', 'x-real-ip', 'forwarded']) {
    assert.equal(headers[name], undefined, name);
  }
});

test('forwarding headers from a tunnel on loopback are kept, and the tunnel is appended', () => {
  const came = ['X-Forwarded-For', '198.51.100.1', 'X-Forwarded-For', '198.51.100.2'];
  const more = [
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'bots.example',
    'Forwarded',
    'for=198.51.100.1',
  ];
  const headers = forwarded([...came, ...more], { peer: TUNNEL });
  assert.equal(headers['x-forwarded-for'], '198.51.100.1, 198.51.100.2, 127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'https');
  assert.equal(headers['x-forwarded-host'], 'bots.example');
  assert.equal(headers['forwarded'], 'for=198.51.100.1');
});

test('gateways get the configured public URL, whatever the request says', () => {
  for (const peer of [STRANGER, TUNNEL]) {
    const came = ['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'other.example'];
    const headers = forwarded(came, { peer, publicUrl: PUBLIC });
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.equal(headers['x-forwarded-host'], 'bots.example.com');
    assert.equal(headers['host'], 'h.example');
  }
});

test('a stripped prefix is appended to that of a proxy on this machine', () => {
  const prefix = (came: readonly string[], how: Partial<Forwarding>) =>
    forwarded(
      came.flatMap((value) => ['X-Forwarded-Prefix', value]),
      how,
    )['x-forwarded-prefix'];
  const stripped = '/old';
  assert.equal(prefix(['/bots'], { peer: TUNNEL, stripped }), '/bots/old');
  assert.equal(prefix(['/bots/'], { peer: TUNNEL, stripped }), '/bots/old');
  assert.equal(prefix(['/a', '/b'], { peer: TUNNEL, stripped }), '/a/b/old');
  assert.equal(prefix(['//evil.example'], { peer: TUNNEL, stripped }), '/evil.example/old');
  for (const none of ['', '/', '//']) assert.equal(prefix([none], { peer: TUNNEL, stripped }), '/old', none);
  assert.equal(prefix([], { peer: TUNNEL, stripped }), '/old');
  assert.equal(prefix(['/bots'], { peer: STRANGER, stripped }), '/old');
  assert.equal(prefix(['/bots/'], { peer: TUNNEL }), '/bots/');
});

test('no header of a proxy contradicts the configured public URL', () => {
  const came = [
    ...['X-Forwarded-Port', '8080', 'X-Forwarded-Ssl', 'off', 'X-Forwarded-Protocol', 'http'],
    ...['X-Scheme', 'http', 'Front-End-Https', 'off', 'Forwarded', 'for=198.51.100.1;host=x.example'],
    ...[
      'Forwarded',
      'for=198.51.100.2;PROTO=http',
      'Forwarded',
      'for=198.51.100.3',
      'X-Real-IP',
      '198.51.100.1',
    ],
  ];
  const headers = forwarded(came, { peer: TUNNEL, publicUrl: PUBLIC });
  assert.deepEqual(
    Object.keys(headers).filter((name) => /forwarded|ssl|scheme|https|real/.test(name)),
    ['forwarded', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'],
  );
  assert.equal(headers['forwarded'], 'for=198.51.100.3');
  assert.equal(Object.keys(forwarded(came, { peer: TUNNEL })).length, 12);
});

test('what a proxy says of its client is believed of one on this machine alone', () => {
  const names = [
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Client-IP',
    'X-Forwarded-User',
    'X-Forwarded-Anything',
  ];
  const came = names.flatMap((name) => [name, 'x']);
  for (const name of names) {
    assert.equal(forwarded(came)[name.toLowerCase()], undefined, name);
    assert.equal(forwarded(came, { peer: TUNNEL })[name.toLowerCase()], 'x', name);
  }
});

test('headers that state another URL, method or host are dropped, in any spelling, unless they are kept', () => {
  for (const name of [
    ...OVERRIDE_HEADERS,
    'x-http-method-override',
    'X_Original_URL',
    'X_HTTP-Method_Override',
    'PROXY',
  ]) {
    for (const peer of [STRANGER, TUNNEL]) {
      assert.equal(forwarded([name, 'x'], { peer })[name.toLowerCase()], undefined, name);
    }
  }
  const keepHeaders = ['x-original-url', 'proxy'];
  const headers = forwarded(
    ['X-Original-URL', '/a', 'X_Original_URL', '/b', 'X-Rewrite-URL', '/c', 'Proxy', 'd'],
    { keepHeaders },
  );
  assert.deepEqual([headers['x-original-url'], headers['proxy']], ['/a', 'd']);
  assert.deepEqual([headers['x_original_url'], headers['x-rewrite-url']], [undefined, undefined]);
  assert.equal(forwarded(['Connection', 'Proxy', 'Proxy', 'd'], { keepHeaders })['proxy'], undefined);
});

test('a request id is accepted if it is one harmless value', () => {
  const kept = (...values: string[]) => {
    const rawHeaders = ['Host', 'h', ...values.flatMap((value) => ['X-Request-Id', value])];
    return senderRequestId(readHead({ method: 'GET', url: '/', httpVersion: '1.1', rawHeaders }));
  };
  assert.equal(kept('a.B:c_d-1'), 'a.B:c_d-1');
  assert.equal(kept('x'.repeat(128)), 'x'.repeat(128));
  for (const bad of ['', 'x'.repeat(129), 'a b', 'a"b', 'é', 'a,b']) assert.equal(kept(bad), undefined, bad);
  assert.equal(kept('a', 'a'), undefined);
  assert.equal(kept(), undefined);
});

test('an answer keeps its own headers, whatever their number, and loses those of its connection', () => {
  const raw = ['Set-Cookie', 'a', 'Connection', 'x-hop', 'X-Hop', '1', 'set-cookie', 'b', 'Trailer', 't'];
  assert.deepEqual(answerHeaders(raw, 200, 'r'), ['Set-Cookie', 'a', 'set-cookie', 'b', 'X-Request-Id', 'r']);
  assert.deepEqual(
    answerHeaders(
      raw.map((part) => Buffer.from(part)),
      200,
      'r',
    ).length,
    6,
  );
});

test("a gateway's Proxy-Status is never the door's word", () => {
  const given = [
    'proxy-status',
    'gwproxy; error=dns_error',
    'Proxy-Status',
    'cdn; details="by GWProxy", "gwproxy"',
  ];
  assert.deepEqual(answerHeaders(given, 502, 'r'), [
    ...['proxy-status', 'gateway-gwproxy; error=dns_error'],
    ...['Proxy-Status', 'cdn; details="by gateway-GWProxy", "gateway-gwproxy"'],
    ...['X-Request-Id', 'r'],
  ]);
});

test('an answer has at most one framing', () => {
  const both = ['Content-Length', '5', 'Transfer-Encoding', 'chunked', 'X-Request-Id', 'theirs'];
  assert.deepEqual(answerHeaders(both, 200, 'ours'), ['X-Request-Id', 'theirs']);
  assert.deepEqual(answerHeaders(['Content-Length', '5'], 204, 'r'), ['X-Request-Id', 'r']);
  assert.deepEqual(answerHeaders(['Content-Length', '5'], 304, 'r'), [
    'Content-Length',
    '5',
    'X-Request-Id',
    'r',
  ]);
});

test('a peer on loopback is the tunnel, in every spelling of its address', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
    assert.equal(peerOf(address).loopback, true, address);
  }
  for (const address of ['10.0.0.1', '::2', '::ffff:10.0.0.1', '2001:db8::127.0.0.1', undefined]) {
    assert.equal(peerOf(address).loopback, false, address);
  }
  assert.equal(peerOf('::ffff:10.0.0.1').address, '10.0.0.1');
});
