import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  pathRoute,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

/** More than the system's own buffers take on two connections. */
const LARGE = 64 * 1024 * 1024;
const GET = 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n';

async function streaming(t: TestContext) {
  const upstream = await rawUpstream(t);
  const started = await startDoor(t, {
    routes: [pathRoute('a', '/events')],
    targets: [target('a', upstream.port)],
    limits: { streamed: LARGE },
  });
  const client = await dial(t, started.port);
  return { ...started, upstream, client };
}

test('the head of an event stream goes out before any event', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send(GET);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
  await client.until(/text\/event-stream[\s\S]*\r\n\r\n/);
  peer.send('data: 1\n\n');
  await client.until(/data: 1/);
  peer.send('data: 2\n\n');
  await client.until(/data: 2/);
  peer.socket.end();
  await client.until(/\r\n0\r\n\r\n$/);
});

/** Waits until a value stands still while the door answers others, 50 times. */
async function untilStill(t: TestContext, port: number, value: () => number): Promise<void> {
  const client = await dial(t, port);
  for (let still = 0, last = value(), asked = 1; still < 50; asked += 1) {
    client.send('GET /none HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.times('GWPROXY_NO_ROUTE', asked);
    still = value() === last ? still + 1 : 0;
    last = value();
  }
}

test('a slow reader slows its gateway down, and gets every byte', async (t) => {
  const { client, upstream, port } = await streaming(t);
  client.socket.pause();
  client.send(GET);
  const peer = await upstream.take();
  const size = LARGE;
  peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`).send(Buffer.alloc(size, 'x'));
  await untilStill(t, port, () => peer.socket.writableLength + peer.socket.bytesWritten);
  await untilStill(t, port, () => client.socket.bytesRead);
  assert.ok(peer.socket.writableLength > 0, 'nothing holds the gateway back');
  client.socket.resume();
  await new Promise<void>((resolve) => peer.socket.once('drain', resolve));
  while (client.received.length < size) await new Promise((resolve) => client.socket.once('data', resolve));
  assert.equal(client.received.split('\r\n\r\n')[1]?.length, size);
});

test('a gateway that reads slowly slows its sender down, and gets every byte', async (t) => {
  const { client, upstream, port } = await streaming(t);
  const size = LARGE;
  client
    .send(`PUT /events HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
    .send(Buffer.alloc(size, 'x'));
  const peer = await upstream.take();
  peer.socket.pause();
  await untilStill(t, port, () => client.socket.writableLength);
  assert.ok(client.socket.writableLength > 0, 'nothing holds the sender back');
  peer.socket.resume();
  while (peer.received.length < size) await new Promise((resolve) => peer.socket.once('data', resolve));
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await client.until(/ok$/);
});

test('an early answer to a large unread body leaves the connection usable', async (t) => {
  const { client, upstream, port } = await streaming(t);
  const size = LARGE;
  client
    .send(`PUT /events HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
    .send(Buffer.alloc(size, 'x'));
  const peer = await upstream.take();
  peer.socket.pause();
  await untilStill(t, port, () => client.socket.writableLength);
  peer.send('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
  await client.until(/no$/);
  client.send(GET);
  const next = await upstream.take();
  assert.match(await next.until(/\r\n\r\n/), /^GET \/events /);
});

test('advice before the answer is dropped', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send(GET);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const received = await client.until(/ok$/);
  assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
  assert.doesNotMatch(received, /103|Link/);
});

test('trailers are dropped', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send(GET);
  const peer = await upstream.take();
  peer.send(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n',
  );
  assert.doesNotMatch(await client.until(/\r\n0\r\n\r\n$/), /X-T/);
});

test('answers without a body end with their head', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send('HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n');
  (await upstream.take()).send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
  await client.until(/Content-Length: 10\r\n[\s\S]*\r\n\r\n$/);
  for (const status of ['204 No Content', '304 Not Modified']) {
    client.send(GET);
    (await upstream.take()).send(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    await client.until(new RegExp(`HTTP/1\\.1 ${status}\r\n[\\s\\S]*\r\n\r\n$`));
  }
});

test('a truncated chunked answer is broken off at once, never ended as if it were whole', async (t) => {
  const { client, upstream, refusals } = await streaming(t);
  client.send(GET);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
  await client.until(/half/);
  peer.socket.end();
  assert.doesNotMatch(await client.end(), /\r\n0\r\n\r\n/);
  assert.equal(refusals()[0]?.detail, 'the answer broke off');
});

test('a truncated answer of known length is broken off at once', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send(GET);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  await client.until(/half$/);
  peer.socket.resetAndDestroy();
  assert.match(await client.end(), /half$/);
});

test('to HTTP/1.0, which has no other sign, an answer that breaks off is a reset', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send('GET /events HTTP/1.0\r\nHost: a\r\n\r\n');
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
  assert.doesNotMatch(await client.until(/half/), /chunked/i);
  const reset = new Promise<Error>((resolve) => client.socket.once('error', resolve));
  peer.socket.resetAndDestroy();
  assert.match((await reset).message, /ECONNRESET/);
});

test('a gateway that closes unanswered, or answers with what is not HTTP, is 502', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
  });
  const cases = [
    ['', 'connection_terminated'],
    ['220 smtp ready\r\n', 'http_protocol_error'],
    ['HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'http_protocol_error'],
    [
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'connection_terminated',
    ],
  ] as const;
  for (const [answer, error] of cases) {
    const client = await dial(t, port);
    client.send(activityRequest(activity(APP)));
    const peer = await upstream.take();
    await peer.until(/\}$/);
    peer.send(answer).socket.end();
    const received = await client.until(/\}$/);
    assert.equal(statusOf(received), 502, answer);
    assert.ok(received.includes(`\r\nProxy-Status: gwproxy; error=${error}\r\n`), received);
  }
  assert.equal(upstream.sockets.length, cases.length, 'none was sent twice');
  assert.deepEqual(supervisor.of('failed'), []);
});

test('an answer before the end of a body is passed on, and the connection goes on after it', async (t) => {
  const { client, upstream } = await streaming(t);
  client.send('POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
  const peer = await upstream.take();
  await peer.until(/half$/);
  peer.send('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
  await client.until(/no$/);
  client.send('-other');
  client.send(GET);
  const next = await upstream.take();
  assert.match(await next.until(/\r\n\r\n/), /^GET \/events /);
  next.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await client.until(/ok$/);
});
