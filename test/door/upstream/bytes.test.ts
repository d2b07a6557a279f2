import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  pathRoute,
  startBot,
  startDoor,
  target,
} from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

test('what signatures are made over reaches the gateway byte for byte', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP, '/api')],
    targets: [target('a', upstream.port)],
  });
  // Odd spacing, an escaped slash, key order, a number that a parser would write otherwise, and UTF-8.
  const body = ` {"type" : "message","n":1.0e2, "text":"\\/ \u00e9\u{1f600}",\n"recipient":{"id":"28:${APP}"}}\n`;
  const bytes = Buffer.from(body);
  const client = await dial(t, port);
  client.send(
    `POST /api/x%2Fy?a=1&a=%20&b HTTP/1.1\r\nhOst: Bots.Example.com:8443\r\nx-B: 2\r\nContent-type: application/json;charset=UTF-8\r\nX-A: 1\r\nx-b:  3 \r\nAuthorization: Bearer \u00e9\r\nX-Slack-Signature: v0=00ff\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  client.send(bytes);
  const peer = await upstream.take();
  await peer.until(/\}\n$/);
  const [head = '', got] = peer.received.split('\r\n\r\n');
  assert.equal(got, bytes.toString('latin1'));
  assert.match(head, /^POST \/api\/x%2Fy\?a=1&a=%20&b HTTP\/1\.1\r\n/);
  assert.match(head, /\r\nhost: Bots\.Example\.com:8443\r\n/);
  const came = [
    'x-B: 2',
    'Content-type: application/json;charset=UTF-8',
    'X-A: 1',
    'x-b: 3',
    'Authorization: Bearer \u00e9',
    'X-Slack-Signature: v0=00ff',
  ];
  assert.ok(head.includes(`\r\n${came.join('\r\n')}\r\n`), head);
});

test('binary bodies pass unchanged in both directions, also those that are larger than any buffer', async (t) => {
  const bot = await startBot(t, (_req, res, body) => res.end(body));
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', bot.port)] });
  for (const size of [0, 1, 65_536, 4 * 1024 * 1024]) {
    const sent = randomBytes(size);
    const echoed = await new Promise<Buffer>((resolve, reject) => {
      const out = request({ port, host: '127.0.0.1', method: 'POST', path: '/', agent: false }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      });
      out.on('error', reject).end(sent);
    });
    assert.ok(echoed.equals(sent), `${size} bytes`);
  }
});

test('a keyed body of 4 MiB passes unchanged where the limit allows it', async (t) => {
  const bot = await startBot(t);
  const size = 4 * 1024 * 1024;
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    limits: { body: 2 * size },
  });
  const body = activity(APP, 'x'.repeat(size));
  const client = await dial(t, port);
  await client.send(activityRequest(body)).until(/ok/);
  assert.equal(bot.requests[0]?.body.toString(), body);
});

test('an answer passes as it is: status, phrase, repeated headers, their order, case and bytes', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-1\r\n\r\n');
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  peer.send(
    'HTTP/1.1 299 Sch\u00c3\u00b6n\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Latin: \u00e9\r\nConnection: X-Hop\r\nX-Hop: 1\r\nProxy-Connection: x\r\nKeep-Alive: timeout=7\r\nContent-Length: 2\r\n\r\nok',
  );
  const received = await client.until(/ok$/);
  const [head = ''] = received.split('\r\n\r\n');
  const [, ...lines] = head.split('\r\n');
  assert.match(head, /^HTTP\/1\.1 299 Sch\u00c3\u00b6n\r\n/);
  assert.deepEqual(lines.slice(0, 6), [
    'set-cookie: a=1',
    'Set-Cookie: b=2',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'X-Latin: \u00e9',
    'Content-Length: 2',
    'X-Request-Id: r-1',
  ]);
  assert.doesNotMatch(head, /x-hop|proxy-connection|timeout=7/i);
});
