import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import {
  APP,
  appRoute,
  freePort,
  pathRoute,
  problemOf,
  startBot,
  startDoor,
  statusOf,
  target,
  untilIdle,
} from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const ROUTES = [pathRoute('a', '/p/a', true), appRoute('b', APP, '/keyed')];
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const ASK = `GET /p/a/ws?x=1 HTTP/1.1\r\nHost: bots.example.com\r\nX-B: 2\r\nx-b: 3\r\nX-Request-Id: r-1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n${KEY}\r\n`;
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Kept: 1\r\n\r\n';

async function startEcho(t: TestContext) {
  const bot = await startBot(t);
  const sockets = new WebSocketServer({ server: bot.server });
  sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  return { bot, sockets };
}

test('a WebSocket is joined with its gateway, in both directions, until either ends it', async (t) => {
  const { bot, sockets } = await startEcho(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', bot.port)] });
  const client = new WebSocket(`ws://127.0.0.1:${port}/p/a/ws`);
  const connected = once(sockets, 'connection');
  await once(client, 'open');
  await connected;
  client.send('hello');
  assert.equal(String((await once(client, 'message'))[0]), 'hello');
  const big = Buffer.alloc(4 * 1024 * 1024, 7);
  client.send(big);
  const [echoed] = await once(client, 'message');
  assert.ok(big.equals(echoed));
  assert.equal(door.stats().get('a')?.inFlight, 1);
  client.close(4000, 'done');
  const [code, reason] = await once(client, 'close');
  assert.deepEqual([code, String(reason)], [4000, 'done']);
  await untilIdle(door, 'a');
});

test('the upgrade reaches the gateway by the same header rules', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(ASK);
  const peer = await upstream.take();
  const head = await peer.until(/\r\n\r\n$/);
  assert.match(head, /^GET \/ws\?x=1 HTTP\/1\.1\r\n/);
  for (const line of [
    'Host: bots.example.com',
    'X-B: 2',
    'X-B: 3',
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Prefix: /p/a',
    'X-Request-Id: r-1',
    'connection: Upgrade',
    'upgrade: websocket',
  ]) {
    assert.ok(head.includes(`\r\n${line}\r\n`), `${line} in ${head}`);
  }
  peer.send(`${SWITCHED}first`);
  const received = await client.until(/first$/);
  assert.match(received, /^HTTP\/1\.1 101 /);
  assert.match(received, /\r\nx-kept: 1\r\n/i);
  assert.match(received, /\r\nx-request-id: r-1\r\n/i);
  client.send('second');
  await peer.until(/second$/);
});

for (const who of ['client', 'gateway'] as const) {
  for (const how of ['ends', 'breaks off'] as const) {
    test(`the ${who} ${how} a joined connection, and the other side hears of it at once`, async (t) => {
      // The other side does not end by itself.
      const upstream = await rawUpstream(t, true);
      const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
      const client = (await dial(t, port, true)).send(ASK);
      const peer = await upstream.take();
      await peer.until(/\r\n\r\n$/);
      peer.send(SWITCHED);
      await client.until(/\r\n\r\n$/);
      const [one, other] = who === 'client' ? [client, peer] : [peer, client];
      if (how === 'ends') one.send('last').socket.end();
      else one.socket.resetAndDestroy();
      await once(other.socket, 'end');
      // Half of a connection would take this; what is closed answers it with a reset.
      while (!other.socket.destroyed) {
        other.send('x');
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (how === 'ends') assert.match(other.received, /last$/);
      await one.closed;
      await untilIdle(door, 'a');
    });
  }
}

test('an upgrade is held until its gateway is ready', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port, { state: 'pending' })],
  });
  const client = (await dial(t, port)).send(ASK);
  await supervisor.called('ensureReady');
  const leaver = (await dial(t, port)).send(ASK);
  await supervisor.called('ensureReady', 2);
  leaver.socket.end();
  await supervisor.called('cancel');
  supervisor.publish(ROUTES, [target('a', upstream.port)]);
  (await upstream.take()).send(SWITCHED);
  await client.until(/101/);
  assert.equal(upstream.sockets.length, 1);
});

test('an upgrade whose gateway takes no connection waits for the next generation', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', await freePort())],
  });
  supervisor.onCall = ({ call }) => {
    if (call === 'failed') supervisor.publish(ROUTES, [target('a', upstream.port, { generation: 2 })]);
  };
  const client = (await dial(t, port)).send(ASK);
  (await upstream.take()).send(SWITCHED);
  await client.until(/101/);
  assert.equal(supervisor.of('failed')[0]?.code, 'ECONNREFUSED');
});

test("a gateway's refusal to switch is passed on", async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(ASK);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n$/);
  peer.send('HTTP/1.1 403 Forbidden\r\nProxy-Status: gwproxy; error=x\r\nContent-Length: 2\r\n\r\nno');
  const received = await client.end();
  assert.match(
    received,
    /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\nno$|^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\nno$/,
  );
  assert.match(received, /\r\nproxy-status: gateway-gwproxy; error=x\r\n/i);
  await peer.closed;
  await untilIdle(door, 'a');
});

test('a gateway that fails before the switch is a problem answer', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door, refusals } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port)],
    limits: { answerTime: 200 },
  });
  const broken = (await dial(t, port)).send(ASK);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n$/);
  peer.socket.resetAndDestroy();
  assert.equal(statusOf(await broken.end()), 502);
  const silent = (await dial(t, port)).send(ASK);
  assert.equal(statusOf(await silent.end()), 504);
  await (await upstream.take()).closed;
  await untilIdle(door, 'a');
  assert.deepEqual(
    refusals().map(({ code }) => code),
    ['GWPROXY_UPSTREAM_UNREACHABLE', 'GWPROXY_UPSTREAM_TIMEOUT'],
  );
  assert.equal(refusals()[0]?.path, '/p/a/ws');
});

test('the client leaves before the switch, and so does its request', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(ASK);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n$/);
  client.leave();
  await peer.closed;
  await untilIdle(door, 'a');
});

test('only a WebSocket that a path routes is upgraded', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port), target('b', upstream.port)],
  });
  const cases = [
    [ASK.replace('Host: bots.example.com\r\n', ''), 400],
    [`${ASK}GET /internal HTTP/1.1\r\n\r\n`, 400],
    [ASK.replace('/p/a/', '/q/'), 404],
    [ASK.replace('/p/a/', '/keyed/'), 404],
  ] as const;
  for (const [bytes, status] of cases) {
    const received = await (await dial(t, port)).send(bytes).end();
    assert.equal(statusOf(received), status, bytes);
    assert.match(problemOf(received).code, /^GWPROXY_(?:REQUEST_INVALID|NO_ROUTE)$/);
  }
  assert.equal(upstream.sockets.length, 0);
});

test('bytes that come before the switch close the connection', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(ASK);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n$/);
  client.send('GET /internal HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.closed;
  await peer.closed;
  assert.doesNotMatch(peer.received, /internal/);
});

for (const [name, second] of [
  ['a WebSocket', ASK],
  ['an offer', 'GET /p/a/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
] as const) {
  test(`${name} behind a request that is not answered yet is never taken for its answer`, async (t) => {
    const upstream = await rawUpstream(t);
    const { port } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
    const client = await dial(t, port);
    client.send(`GET /p/a/slow HTTP/1.1\r\nHost: a\r\n\r\n${second}`);
    assert.equal(await client.end(), '');
  });
}
