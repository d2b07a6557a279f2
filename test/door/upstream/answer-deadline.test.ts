import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  pathRoute,
  problemOf,
  startDoor,
  statusOf,
  target,
  untilIdle,
} from '../support/door.ts';
import { dial, type RawClient, rawUpstream } from '../support/raw.ts';

const HOST = 'Host: a\r\n';
const EARLY_HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const UPGRADE = `GET /p HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}\r\n`;

/** Sends the pieces one by one, every 20 ms, the last one again and again. */
function trickle(t: TestContext, peer: RawClient, pieces: readonly string[]): void {
  const rest = [...pieces];
  const timer = setInterval(() => {
    const piece = rest.length > 1 ? rest.shift() : rest[0];
    if (piece !== undefined && !peer.socket.destroyed) peer.send(piece);
  }, 20);
  t.after(() => clearInterval(timer));
}

async function startRaw(t: TestContext) {
  const upstream = await rawUpstream(t);
  const door = await startDoor(t, {
    routes: [appRoute('a', APP), pathRoute('a', '/p')],
    targets: [target('a', upstream.port)],
    limits: { answerTime: 300 },
  });
  return { ...door, upstream };
}

const REQUESTS = [
  ['a request that was read', activityRequest(activity(APP))],
  ['a request without a body', `GET /p HTTP/1.1\r\n${HOST}\r\n`],
  ['a streamed request', `POST /p HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`],
  ['a WebSocket handshake', UPGRADE],
] as const;

const TRICKLES = [
  ['interim answers', [EARLY_HINTS]],
  ['a head, byte by byte', ['HTTP/1.1 200 OK\r\n', 'X-A: ', 'a']],
  ['interim answers, then a head byte by byte', [EARLY_HINTS, EARLY_HINTS, 'HTTP/1.1 200 OK\r\nX-A: ', 'a']],
] as const;

for (const [what, request] of REQUESTS) {
  for (const [how, pieces] of TRICKLES) {
    test(`${what} ends in time although its gateway goes on sending ${how}`, async (t) => {
      const { port, door, upstream } = await startRaw(t);
      const client = (await dial(t, port)).send(request);
      const peer = await upstream.take();
      trickle(t, peer, pieces);
      const received = await client.until(/\}$/);
      assert.equal(statusOf(received), 504);
      assert.equal(problemOf(received).code, 'GWPROXY_UPSTREAM_TIMEOUT');
      await peer.closed;
      await untilIdle(door, 'a');
    });
  }
}

test('the time for an answer begins with the last byte of a streamed body', async (t) => {
  const { port, upstream } = await startRaw(t);
  const client = (await dial(t, port)).send(`POST /p HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\nabc`);
  const peer = await upstream.take();
  await peer.until(/abc$/);
  // Of two requests, the one that is whole ends first, although it began later.
  const later = (await dial(t, port)).send(`GET /p HTTP/1.1\r\n${HOST}\r\n`);
  assert.equal(statusOf(await later.until(/\}$/)), 504);
  client.send('def');
  await peer.until(/abcdef$/);
  assert.equal(client.received, '');
  assert.equal(statusOf(await client.until(/\}$/)), 504);
  await peer.closed;
});

test('more interim answers than any gateway needs are refused', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  peer.send(EARLY_HINTS.repeat(101));
  const received = await client.until(/\}$/);
  assert.equal(statusOf(received), 502);
  assert.match(received, /\r\nProxy-Status: gwproxy; error=http_protocol_error\r\n/);
  await peer.closed;
});

test('a few interim answers change nothing', async (t) => {
  const { port, upstream } = await startRaw(t);
  const client = (await dial(t, port)).send(`GET /p HTTP/1.1\r\n${HOST}\r\n`);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  peer.send(`${EARLY_HINTS.repeat(20)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
  assert.match(await client.until(/ok$/), /^HTTP\/1\.1 200 OK/);
});
