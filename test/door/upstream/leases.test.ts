import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathRoute, startDoor, target } from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const ROUTES = [pathRoute('a')];
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('every snapshot is confirmed, and an older one is not applied', async (t) => {
  const { supervisor, door } = await startDoor(t, { routes: ROUTES, targets: [] });
  const second = supervisor.publish(ROUTES, []);
  supervisor.publish(ROUTES, []);
  door.port.apply(second);
  assert.deepEqual(
    supervisor.of('applied').map(({ version }) => version),
    [1, 2, 3],
  );
});

test('a generation that leaves routing is reported with its requests in flight, and again when they have ended', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor, door } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port)],
  });
  const client = (await dial(t, port)).send(GET);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  assert.equal(door.stats().get('a')?.inFlight, 1);
  supervisor.publish(ROUTES, [target('a', upstream.port, { state: 'pending' })]);
  assert.deepEqual(
    supervisor.calls.slice(-2).map(({ call }) => call),
    ['load', 'applied'],
  );
  assert.deepEqual(
    supervisor.of('load').map(({ generation, inFlight }) => [generation, inFlight]),
    [[1, 1]],
  );
  peer.send(OK);
  await client.until(/ok$/);
  await supervisor.called('load', 2);
  const last = supervisor.of('load')[1];
  assert.equal(last?.inFlight, 0);
  assert.ok(Math.abs((last?.lastUsed ?? 0) - Date.now()) < 10_000);
});

test('a generation with a ready listener left has not left routing', async (t) => {
  const { supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', 1, { listener: 'x' }), target('a', 2, { listener: 'y' })],
  });
  supervisor.publish(ROUTES, [
    target('a', 1, { listener: 'x', state: 'pending' }),
    target('a', 2, { listener: 'y' }),
  ]);
  assert.deepEqual(supervisor.of('load'), []);
  supervisor.publish(ROUTES, []);
  assert.deepEqual(
    supervisor.of('load').map(({ generation, inFlight }) => [generation, inFlight]),
    [[1, 0]],
  );
  supervisor.publish(ROUTES, []);
  assert.equal(supervisor.of('load').length, 1);
});

test('a generation that returns is reported again when it leaves again', async (t) => {
  const ready = target('a', 1);
  const { supervisor } = await startDoor(t, { routes: ROUTES, targets: [ready] });
  for (const state of ['pending', 'ready', 'down'] as const)
    supervisor.publish(ROUTES, [{ ...ready, state }]);
  assert.equal(supervisor.of('load').length, 2);
});

test('a connection is never used for another generation, even on the same port', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send(GET);
  const first = await upstream.take();
  await first.until(/\r\n\r\n/);
  first.send(OK);
  await client.until(/ok$/);
  const left = performance.now();
  supervisor.publish(ROUTES, [target('a', upstream.port, { generation: 2 })]);
  client.send(GET);
  const second = await upstream.take();
  await first.closed;
  assert.ok(performance.now() - left < 900, 'closed for its generation, not for being idle');
  await second.until(/\r\n\r\n/);
  second.send(OK);
  await client.until(/ok[\s\S]*ok$/);
});

test('a connection whose generation left goes on until its answer is whole', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = (await dial(t, port)).send(GET);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha');
  await client.until(/ha$/);
  supervisor.publish(ROUTES, [target('a', upstream.port, { generation: 2 })]);
  peer.send('lf');
  await client.until(/half$/);
  await peer.closed;
  await supervisor.called('load', 2);
});

test('a connection is used again within a generation', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send(GET);
  const peer = await upstream.take();
  for (const count of [1, 2]) {
    await peer.until(new RegExp(`(?:GET[\\s\\S]*\r\n\r\n){${count}}$`));
    peer.send(OK);
    await client.until(new RegExp(`(?:ok[\\s\\S]*){${count}}$`));
    supervisor.publish(ROUTES, [target('a', upstream.port)]);
    if (count === 1) client.send(GET);
  }
  assert.equal(upstream.sockets.length, 1);
});

test('a supervisor that publishes within a call is understood', async (t) => {
  const { supervisor } = await startDoor(t, { routes: ROUTES, targets: [target('a', 1)] });
  supervisor.onCall = ({ call }) => {
    if (call === 'load') supervisor.publish(ROUTES, []);
  };
  supervisor.publish(ROUTES, [target('a', 1, { generation: 2 })]);
  assert.deepEqual(
    supervisor.of('applied').map(({ version }) => version),
    [1, 2, 3, 4],
  );
  assert.deepEqual(
    supervisor.of('load').map(({ generation }) => generation),
    [1, 2],
  );
});

test('snapshots that went through structuredClone work the same', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, { routes: [], targets: [] });
  const copied = [{ ...target('a', upstream.port), address: { host: '127.0.0.1', port: upstream.port } }];
  supervisor.publish(ROUTES, copied, true);
  const client = (await dial(t, port)).send(GET);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  supervisor.publish(ROUTES, copied, true);
  peer.send(OK);
  await client.until(/ok$/);
  client.send(GET);
  await peer.until(/GET[\s\S]*GET[\s\S]*\r\n\r\n$/);
  assert.deepEqual(supervisor.of('load'), []);
  assert.equal(structuredClone(supervisor.calls).length, supervisor.calls.length);
});
