import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  freePort,
  pathRoute,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a refused connection is reported, and the request waits for the next generation', async (t) => {
  const gone = await freePort();
  const upstream = await rawUpstream(t);
  const routes = [appRoute('a', APP)];
  const { port, supervisor } = await startDoor(t, { routes, targets: [target('a', gone)] });
  supervisor.onCall = ({ call }) => {
    if (call === 'failed') supervisor.publish(routes, [target('a', gone, { state: 'pending' })]);
    if (call === 'ensureReady') supervisor.publish(routes, [target('a', upstream.port, { generation: 2 })]);
  };
  const client = await dial(t, port);
  const body = activity(APP);
  client.send(activityRequest(body));
  const peer = await upstream.take();
  assert.ok((await peer.until(/\}$/)).endsWith(body));
  peer.send(OK);
  await client.until(/ok$/);
  assert.deepEqual(supervisor.of('failed'), [
    { call: 'failed', profile: 'a', generation: 1, listener: 'main', code: 'ECONNREFUSED' },
  ]);
});

test('a streamed body is whole for the second try', async (t) => {
  const gone = await freePort();
  const upstream = await rawUpstream(t);
  const routes = [pathRoute('a')];
  const { port, supervisor } = await startDoor(t, { routes, targets: [target('a', gone)] });
  supervisor.onCall = ({ call }) => {
    if (call === 'failed') supervisor.publish(routes, [target('a', upstream.port, { generation: 2 })]);
  };
  const client = await dial(t, port);
  client.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nwhole');
  const peer = await upstream.take();
  await peer.until(/\r\n\r\nwhole$/);
  peer.send(OK);
  await client.until(/ok$/);
});

test('a listener that goes on refusing is 502 after a few tries', async (t) => {
  const gone = await freePort();
  const { port, supervisor, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', gone)],
  });
  const client = await dial(t, port);
  const received = await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until(/\}$/);
  assert.equal(statusOf(received), 502);
  assert.match(received, /\r\nProxy-Status: gwproxy; error=connection_refused\r\n/);
  assert.equal(supervisor.of('failed').length, 5);
  assert.deepEqual(door.stats().get('a'), {
    inFlight: 0,
    held: 0,
    requests: 1,
    brokenReuse: 0,
    spooled: 0,
    dead: 0,
    lost: 0,
    lastUsed: door.stats().get('a')?.lastUsed,
  });
});

test('a client that leaves between two tries is done', async (t) => {
  const gone = await freePort();
  const { port, supervisor, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', gone)],
  });
  const client = await dial(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await supervisor.called('failed', 2);
  client.leave();
  const other = await dial(t, port);
  await other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until(/502/);
  assert.ok(supervisor.of('failed').length < 10);
  assert.equal(door.stats().get('a')?.held, 0);
});

test('a request of which a byte was sent is never sent again', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
  });
  for (const method of ['GET', 'POST']) {
    const client = await dial(t, port);
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    const peer = await upstream.take();
    await peer.until(/\r\n\r\n/);
    peer.socket.resetAndDestroy();
    assert.equal(statusOf(await client.until(/\}$/)), 502);
  }
  assert.equal(upstream.sockets.length, 2);
  assert.deepEqual(supervisor.of('failed'), []);
});

test('an idle connection that the gateway closed costs no request', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  for (let count = 1; count <= 3; count += 1) {
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    const peer = await upstream.take();
    await peer.until(/\r\n\r\n/);
    peer.send(OK);
    await client.until(new RegExp(`(?:ok[\\s\\S]*){${count}}$`));
    peer.socket.end();
    await peer.closed;
  }
  assert.equal(upstream.sockets.length, 3);
});
