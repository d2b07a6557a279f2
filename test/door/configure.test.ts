import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  LIMITS,
  pathRoute,
  problemOf,
  startBot,
  startDoor,
  statusOf,
  target,
} from './support/door.ts';
import { dial, exchangeRaw, rawUpstream } from './support/raw.ts';

const PUBLIC = { href: 'https://bots.example.com', proto: 'https', host: 'bots.example.com' } as const;
const HOST = 'Host: a\r\n';

test('changed limits hold from the next request and connection on', async (t) => {
  const bot = await startBot(t);
  const { port, door } = await startDoor(t, {
    routes: [appRoute('a', APP), pathRoute('a', '/files')],
    targets: [target('a', bot.port)],
  });
  const send = async (bytes: string): Promise<string> => {
    const received = await exchangeRaw(t, port, bytes.replace('Host:', 'Connection: close\r\nHost:'));
    return `${statusOf(received)} ${statusOf(received) === 200 ? '' : problemOf(received).code}`;
  };
  const routed = activityRequest(activity(APP));
  const streamed = `POST /files HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nabcd`;
  const long = `GET /files HTTP/1.1\r\n${HOST}X-A: ${'x'.repeat(2000)}\r\n\r\n`;
  assert.deepEqual([await send(routed), await send(streamed), await send(long)], ['200 ', '200 ', '200 ']);
  door.configure({ limits: { ...LIMITS, body: 10, streamed: 3, headers: 1024 }, publicUrl: null });
  assert.deepEqual(
    [await send(routed), await send(streamed), await send(long)],
    ['413 GWPROXY_BODY_TOO_LARGE', '413 GWPROXY_BODY_TOO_LARGE', '431 GWPROXY_HEADERS_TOO_LARGE'],
  );
  door.configure({ limits: { ...LIMITS, buffered: 10 }, publicUrl: null });
  assert.equal(await send(routed), '503 GWPROXY_OVERLOADED');
  door.configure({ limits: LIMITS, publicUrl: null });
  assert.equal(await send(routed), '200 ');
});

test('a slow sender and a full hold are judged by the limits as they are', async (t) => {
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', 1, { state: 'pending' })],
  });
  door.configure({ limits: { ...LIMITS, headerTime: 200, bodyTime: 200, held: 0 }, publicUrl: null });
  assert.equal(statusOf(await exchangeRaw(t, port, `POST / HTTP/1.1\r\n${HOST}`)), 408);
  const refused = await exchangeRaw(t, port, `GET / HTTP/1.1\r\nConnection: close\r\n${HOST}\r\n`);
  assert.equal(problemOf(refused).code, 'GWPROXY_OVERLOADED');
});

test('a new answer time applies to the next request, not to one in flight', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
  });
  const request = `GET / HTTP/1.1\r\nConnection: close\r\n${HOST}\r\n`;
  const first = await dial(t, port);
  first.send(request);
  const gateway = await upstream.take();
  await gateway.until(/\r\n\r\n/);
  door.configure({ limits: { ...LIMITS, answerTime: 100 }, publicUrl: null });
  assert.equal(statusOf(await exchangeRaw(t, port, request)), 504);
  gateway.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  assert.equal(statusOf(await first.end()), 200);
});

test('gateways get a changed public URL from the next request on', async (t) => {
  const bot = await startBot(t, (req, res) =>
    res.end(`${req.headers['x-forwarded-proto']}://${req.headers['x-forwarded-host']}`),
  );
  const { port, door } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', bot.port)] });
  const told = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
  assert.equal(await told(), `http://127.0.0.1:${port}`);
  door.configure({ limits: LIMITS, publicUrl: PUBLIC });
  assert.equal(await told(), PUBLIC.href);
});
