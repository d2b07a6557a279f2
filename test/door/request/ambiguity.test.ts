import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METHODS } from '../../../src/door/http/methods.ts';
import { readHead } from '../../../src/door/request/read-head.ts';
import { DoorError } from '../../../src/errors.ts';
import { pathRoute, problemOf, startBot, startDoor, statusOf, target } from '../support/door.ts';
import { dial, exchangeRaw } from '../support/raw.ts';

const HOST = 'Host: bots.example.com\r\n';

/** What is wrong, and the bytes that say it. Each is refused with 400 and the connection closed. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
  ['two Hosts', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  ['two Hosts in two cases', `GET / HTTP/1.1\r\n${HOST}hOST: other\r\n\r\n`],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
  ['userinfo in Host', 'GET / HTTP/1.1\r\nHost: a@bots.example.com\r\n\r\n'],
  ['a list as Host', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
  ['a space in Host', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['a path in Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ['an empty port in Host', 'GET / HTTP/1.1\r\nHost: a:\r\n\r\n'],
  [
    'Content-Length with Transfer-Encoding',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'Transfer-Encoding with Content-Length',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  ],
  ['two Content-Lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
  ['a list as Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3, 3\r\n\r\nabc`],
  ['a signed Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc`],
  ['an empty Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length:\r\n\r\n`],
  ['an empty Transfer-Encoding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: \r\n\r\n`],
  [
    'an empty Transfer-Encoding with Content-Length',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: \r\nContent-Length: 3\r\n\r\nabc`,
  ],
  [
    'two Transfer-Encodings',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['identity', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: identity\r\n\r\n`],
  ['gzip, chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['xchunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['a space before the colon', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['chunked in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a folded header', `GET / HTTP/1.1\r\n${HOST}X-A: a\r\n b\r\n\r\n`],
  ['a bare CR', `GET / HTTP/1.1\r\n${HOST}X-A: a\rb\r\n\r\n`],
  ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
  ['a NUL in a header', `GET / HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`],
  ['HTTP/2.0', `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ['HTTP/0.9', `GET / HTTP/0.9\r\n${HOST}\r\n`],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['CONNECT', `CONNECT bots.example.com:443 HTTP/1.1\r\n${HOST}\r\n`],
  ['an absolute target of another authority', `GET http://internal.example/x HTTP/1.1\r\n${HOST}\r\n`],
  ['an absolute target with userinfo', `GET http://a@bots.example.com/x HTTP/1.1\r\n${HOST}\r\n`],
  ['an absolute target of another scheme', `GET ftp://bots.example.com/x HTTP/1.1\r\n${HOST}\r\n`],
  ['an asterisk', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ['a fragment', `GET /a#b HTTP/1.1\r\n${HOST}\r\n`],
  ['a dot segment', `GET /a/../b HTTP/1.1\r\n${HOST}\r\n`],
  ['an encoded dot segment', `GET /a/%2e%2e/b HTTP/1.1\r\n${HOST}\r\n`],
  ['two Content-Types', `POST / HTTP/1.1\r\n${HOST}Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n`],
  [
    'two Content-Encodings',
    `POST / HTTP/1.1\r\n${HOST}Content-Encoding: gzip\r\nContent-Encoding: br\r\n\r\n`,
  ],
  ['two Authorizations', `GET / HTTP/1.1\r\n${HOST}Authorization: a\r\nAuthorization: b\r\n\r\n`],
  ['two signatures', `POST / HTTP/1.1\r\n${HOST}X-Slack-Signature: a\r\nX-Slack-Signature: b\r\n\r\n`],
  ['Connection names Host', `GET / HTTP/1.1\r\n${HOST}Connection: host\r\n\r\n`],
  [
    'Connection names Content-Length',
    `POST / HTTP/1.1\r\n${HOST}Connection: close, Content-Length\r\nContent-Length: 0\r\n\r\n`,
  ],
  ['Connection names X-Forwarded-For', `GET / HTTP/1.1\r\n${HOST}Connection: X-Forwarded-For\r\n\r\n`],
  ['Connection is no list', `GET / HTTP/1.1\r\n${HOST}Connection: a b\r\n\r\n`],
  ['Content_Length', `POST / HTTP/1.1\r\n${HOST}Content_Length: 3\r\n\r\n`],
  ['X_Forwarded_For', `GET / HTTP/1.1\r\n${HOST}X_Forwarded_For: 1.2.3.4\r\n\r\n`],
  ['an unknown expectation', `POST / HTTP/1.1\r\n${HOST}Expect: 200-ok\r\n\r\n`],
  ['an unknown method', `BREW / HTTP/1.1\r\n${HOST}\r\n`],
];

test('HTTP that can be read in two ways is refused and never forwarded', async (t) => {
  const bot = await startBot(t);
  const { port, refusals } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', bot.port)],
  });
  for (const [what, bytes] of REFUSED) {
    const received = await exchangeRaw(t, port, bytes);
    assert.equal(statusOf(received), 400, `${what}: ${received}`);
    assert.match(received, /\r\nconnection: close\r\n/i, what);
    assert.equal(problemOf(received).code, 'GWPROXY_REQUEST_INVALID', what);
  }
  assert.deepEqual(bot.requests, []);
  assert.equal(refusals().length, REFUSED.length);
});

test('an absolute target of the Host itself is forwarded in origin form', async (t) => {
  const bot = await startBot(t, (req, res) => res.end(req.url));
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', bot.port)] });
  const client = await dial(t, port);
  client.send(`GET http://BOTS.example.com/x?y=/z HTTP/1.1\r\n${HOST}\r\n`);
  await client.until(/\r\n\r\n.*\/x\?y=\/z/s);
  client.send(`GET http://bots.example.com?q HTTP/1.1\r\n${HOST}\r\n`);
  await client.until(/\/\?q/);
});

test('a method off the list gets 405 with the list, and the connection goes on', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', bot.port)] });
  const client = await dial(t, port);
  for (const method of ['TRACE', 'PROPFIND', 'PURGE']) {
    client.send(`${method} / HTTP/1.1\r\n${HOST}\r\n`);
  }
  const received = await client.until(/(?:METHOD_NOT_ALLOWED.*){3}\}/s);
  assert.match(received, /^HTTP\/1\.1 405 /);
  assert.match(received, /\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n/);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await client.until(/\r\n\r\nok$|ok\r\n0/);
  assert.equal(bot.requests.length, 1);
});

test('the refusal of a pipelined request is never sent in place of an earlier answer', async (t) => {
  const bot = await startBot(t, () => {});
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', bot.port)] });
  const client = await dial(t, port);
  const received = await client.send(`GET / HTTP/1.1\r\n${HOST}\r\nBREW / HTTP/1.1\r\n\r\n`).end();
  assert.equal(received, '');
});

test('every allowed method has one reading', () => {
  for (const method of METHODS) {
    const head = readHead({ method, url: '/a?b', httpVersion: '1.1', rawHeaders: ['Host', 'a.example:80'] });
    assert.deepEqual([head.method, head.path, head.query, head.length], [method, '/a', 'b', 0]);
  }
});

test('a header that a platform asks for is refused where it is repeated', () => {
  const head = readHead({
    method: 'POST',
    url: '/',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'a', 'X-Key', '1', 'x-key', '2', 'X-Other', '3'],
  });
  assert.equal(head.header('x-other'), '3');
  assert.equal(head.header('x-none'), undefined);
  assert.throws(() => head.header('x-key'), DoorError);
});

test('what Node’s parser refuses today would be refused without it too', () => {
  const refused: readonly (readonly string[])[] = [
    ['Content-Length', '3', 'Transfer-Encoding', 'chunked'],
    ['Content-Length', '3', 'content-length', '3'],
    ['Content-Length', '3, 3'],
    ['Content-Length', '+3'],
    ['Content-Length', ''],
    ['Transfer-Encoding', 'identity'],
    ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'],
  ];
  for (const headers of refused) {
    const rawHeaders = ['Host', 'a', ...headers];
    assert.throws(
      () => readHead({ method: 'POST', url: '/', httpVersion: '1.1', rawHeaders }),
      { code: 'GWPROXY_REQUEST_INVALID' },
      headers.join(' '),
    );
  }
});
