import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { createDoor } from '../../src/door/door.ts';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  FakeSupervisor,
  LIMITS,
  pathRoute,
  problemOf,
  startDoor,
  statusOf,
  target,
} from './support/door.ts';
import { dial, portOf, rawUpstream } from './support/raw.ts';

const ROUTES = [pathRoute('a')];
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('closing ends idle connections at once, and others after their answer', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door, events } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port)],
  });
  const idle = await dial(t, port);
  const busy = (await dial(t, port)).send(GET);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  const closing = door.close(60_000);
  await idle.closed;
  const late = connect(port, '127.0.0.1');
  const [refused] = await once(late, 'error');
  assert.equal(refused.code, 'ECONNREFUSED');
  peer.send(OK);
  assert.match(await busy.end(), /ok$/);
  await closing;
  await peer.closed;
  assert.deepEqual(
    events.map(({ type }) => type),
    ['door.closed'],
  );
});

test('a client that is connected when the door stops listening is still served, and only then may the gateways stop', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const fresh = await dial(t, port);
  const begun = (await dial(t, port)).send(GET.slice(0, 10));
  // Answered behind it, so that what came of the other one was read.
  const served = (await dial(t, port)).send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n');
  await served.until(/405[\s\S]*\}$/);
  const stopped = door.stopListening();
  const late = connect(port, '127.0.0.1');
  const [refused] = await once(late, 'error');
  assert.equal(refused.code, 'ECONNREFUSED');
  await served.closed;
  fresh.send(GET);
  begun.send(GET.slice(10));
  await stopped;
  const closing = door.close(60_000);
  for (let count = 0; count < 2; count += 1) {
    const peer = await upstream.take();
    await peer.until(/\r\n\r\n$/);
    peer.send(OK);
  }
  for (const client of [fresh, begun]) {
    assert.match(await client.end(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n[\s\S]*ok$/i);
  }
  await closing;
});

test('a client that connects and sends nothing gets half a second, and none at all if it disconnects', async (t) => {
  const { door, port } = await startDoor(t, { routes: ROUTES, targets: [] });
  const silent = await dial(t, port);
  const begun = performance.now();
  await door.stopListening();
  assert.ok(performance.now() - begun >= 400);
  await silent.closed;
  await door.close(60_000);
  const other = await startDoor(t, { routes: ROUTES, targets: [] });
  await dial(t, other.port);
  const stopped = other.door.stopListening();
  const at = performance.now();
  await Promise.all([other.door.close(0), stopped]);
  assert.ok(performance.now() - at < 400);
});

test('a WebSocket lives on through the grace until a side ends it', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${KEY}\r\n`);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.until(/101/);
  const closing = door.close(60_000);
  client.send('still here');
  await peer.until(/still here$/);
  peer.socket.end();
  await client.closed;
  await closing;
});

test('what is still in flight after the grace is broken off, WebSockets too', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const plain = (await dial(t, port)).send(GET);
  const first = await upstream.take();
  await first.until(/\r\n\r\n/);
  const socket = await dial(t, port);
  socket.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${KEY}\r\n`);
  const second = await upstream.take();
  second.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await socket.until(/101/);
  const slow = door.close(60_000);
  await door.close(0);
  await slow;
  await Promise.all([plain.closed, first.closed, socket.closed, second.closed]);
  assert.equal(plain.received, '');
  assert.equal(door.stats().get('a')?.inFlight, 0);
});

test('a held request is let go when the door closes', async (t) => {
  const { port, door, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', 1, { state: 'pending' })],
  });
  const client = (await dial(t, port)).send(GET);
  await supervisor.called('ensureReady');
  await door.close(0);
  await client.closed;
  assert.equal(supervisor.of('cancel').length, 1);
});

test('a port in use rejects with the system’s error', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const door = createDoor({
    id: 'd',
    supervisor: new FakeSupervisor(),
    limits: LIMITS,
    publicUrl: null,
    report: () => {},
  });
  await assert.rejects(door.listen({ host: '127.0.0.1', port: portOf(taken) }), { code: 'EADDRINUSE' });
  await door.close(0);
});

test('an unexpected exception ends one request, and is reported', async (t) => {
  const upstream = await rawUpstream(t);
  const routes = [appRoute('a', APP)];
  const { port, supervisor, refusals } = await startDoor(t, {
    routes,
    targets: [target('a', upstream.port, { state: 'pending' })],
  });
  supervisor.onCall = () => {
    throw new Error('a bug');
  };
  const received = await (await dial(t, port)).send(activityRequest(activity(APP))).until(/\}$/);
  assert.equal(statusOf(received), 500);
  assert.equal(problemOf(received).code, 'GWPROXY_INTERNAL');
  assert.doesNotMatch(received, /a bug/);
  assert.equal(refusals()[0]?.cause, 'a bug');
  supervisor.onCall = () => {};
  supervisor.publish(routes, [target('a', upstream.port)]);
  (await dial(t, port)).send(activityRequest(activity(APP)));
  await upstream.take();
});

test('the report of a refusal contains no query and no secret of its path', async (t) => {
  const { port, refusals } = await startDoor(t, { routes: [], targets: [] });
  const path = '/x'.repeat(500);
  const token = '1234567890:AAInventedInventedInventedInvented0';
  await (await dial(t, port))
    .send(`GET /hook/${token}${path}?secret=1 HTTP/1.1\r\nHost: a\r\n\r\n`)
    .until(/\}$/);
  const [refused] = refusals();
  assert.match(refused?.path ?? '', /^\/hook\/#[\w-]{16}(?:\/x)+\/?$/);
  assert.equal(refused?.path.length, 256);
  assert.equal(refused?.method, 'GET');
  assert.equal(refused?.profile, null);
});
