import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  pathRoute,
  startDoor,
  target,
  untilIdle,
} from '../support/door.ts';
import { dial, type RawClient, rawUpstream } from '../support/raw.ts';

const COUNT = 100;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function many<T>(make: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: COUNT }, make));
}

async function taken(upstream: Awaited<ReturnType<typeof rawUpstream>>): Promise<RawClient[]> {
  return many(() => upstream.take());
}

test('100 clients leave while the gateway thinks: none of their requests stays open', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
  });
  const clients = await many(async () => (await dial(t, port)).send(activityRequest(activity(APP))));
  const peers = await taken(upstream);
  for (const peer of peers) await peer.until(/\}$/);
  for (const client of clients) client.leave();
  for (const peer of peers) await peer.closed;
  assert.equal(door.stats().get('a')?.inFlight, 0);
});

test('100 clients leave while the answer streams', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
  });
  const clients = await many(async () => (await dial(t, port)).send(GET));
  const peers = await taken(upstream);
  for (const peer of peers) peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
  for (const client of clients) await client.until(/\r\na\r\n/);
  for (const client of clients) client.leave();
  for (const peer of peers) await peer.closed;
  assert.equal(door.stats().get('a')?.inFlight, 0);
});

test('100 clients leave in the middle of a streamed body', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
  });
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf';
  const clients = await many(async () => (await dial(t, port)).send(post));
  const peers = await taken(upstream);
  for (const peer of peers) await peer.until(/half$/);
  for (const client of clients) client.leave();
  for (const peer of peers) await peer.closed;
  assert.equal(door.stats().get('a')?.inFlight, 0);
});

for (const [what, request] of [
  ['a request', GET],
  ['one that may be repeated', activityRequest(activity(APP))],
] as const) {
  test(`a client leaves while the door connects: not a byte of ${what} follows`, async (t) => {
    const upstream = await rawUpstream(t);
    const { port, door } = await startDoor(t, {
      routes: [pathRoute('a'), appRoute('a', APP)],
      targets: [target('a', upstream.port)],
    });
    const client = await dial(t, port);
    const connecting = new Promise<() => void>((begun) => {
      t.mock.method(net, 'connect', (options: net.TcpNetConnectOpts) => {
        const socket = new net.Socket();
        begun(() => socket.connect(options));
        return socket;
      });
    });
    client.send(request);
    const connect = await connecting;
    client.leave();
    await untilIdle(door, 'a');
    connect();
    const peer = await upstream.take();
    assert.equal(await peer.end(), '');
  });
}

test('a client that closes its half has left', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(GET);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  client.socket.end();
  await peer.closed;
});

test('a client that leaves while its body is read for routing leaves nothing behind', async (t) => {
  const upstream = await rawUpstream(t);
  const body = activity(APP);
  const { port, events } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
    limits: { buffered: body.length },
  });
  const clients = await many(async () =>
    (await dial(t, port)).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{'),
  );
  for (const client of clients) client.leave();
  // With a byte of any of them still counted, this request would exceed the limit; the door sees the last close a moment later.
  const arrived = upstream.take();
  for (let tries = 0; tries < 100 && upstream.sockets.length === 0; tries += 1) {
    const next = await dial(t, port);
    next.send(activityRequest(body));
    await Promise.race([arrived, next.until(/\}$/)]);
  }
  assert.equal(upstream.sockets.length, 1);
  assert.deepEqual(
    events.filter(({ type }) => type !== 'door.refused'),
    [],
  );
});

test('clients that disconnect while held free their places, and the supervisor gets a cancel', async (t) => {
  const upstream = await rawUpstream(t);
  const pending = target('a', upstream.port, { state: 'pending' });
  const { port, door, supervisor } = await startDoor(t, { routes: [appRoute('a', APP)], targets: [pending] });
  const clients = await many(async () => (await dial(t, port)).send(activityRequest(activity(APP))));
  await supervisor.called('ensureReady', COUNT);
  assert.equal(door.stats().get('a')?.held, COUNT);
  for (const client of clients) client.leave();
  await supervisor.called('cancel', COUNT);
  assert.equal(door.stats().get('a')?.held, 0);
  assert.deepEqual(
    supervisor
      .of('cancel')
      .map(({ id }) => id)
      .sort(),
    supervisor
      .of('ensureReady')
      .map(({ id }) => id)
      .sort(),
  );
  supervisor.publish([appRoute('a', APP)], [target('a', upstream.port)]);
  const after = await dial(t, port);
  after.send(activityRequest(activity(APP)));
  await upstream.take();
  assert.equal(upstream.sockets.length, 1);
});

test('a pipelined request whose client leaves before its turn is broken off too', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
  });
  const client = (await dial(t, port)).send(GET + GET);
  const peers = [await upstream.take(), await upstream.take()];
  for (const peer of peers) await peer.until(/\r\n\r\n/);
  client.leave();
  for (const peer of peers) await peer.closed;
  assert.equal(door.stats().get('a')?.inFlight, 0);
});
