import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  pathRoute,
  problemOf,
  startBot,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial, exchangeRaw, type RawClient, rawUpstream } from '../support/raw.ts';

const HOST = 'Host: a\r\n';

test('headers over the limit get 431', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', bot.port)],
    limits: { headers: 2048 },
  });
  const received = await exchangeRaw(t, port, `GET / HTTP/1.1\r\n${HOST}X-A: ${'x'.repeat(4096)}\r\n\r\n`);
  assert.equal(statusOf(received), 431);
  assert.equal(problemOf(received).code, 'GWPROXY_HEADERS_TOO_LARGE');
});

test('no header is dropped silently, however many there are', async (t) => {
  const bot = await startBot(t, (req, res) => res.end(String(req.rawHeaders.length)));
  bot.server.maxHeadersCount = 0;
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', bot.port)] });
  const client = await dial(t, port);
  client.send(`GET / HTTP/1.1\r\n${HOST}${'a:b\r\n'.repeat(2100)}Authorization: last\r\n\r\n`);
  await client.until(/ok|\d{4}/);
  assert.equal(bot.requests[0]?.req.headers.authorization, 'last');
});

test('a sender that is slow with its headers or its body is answered 408 and closed', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    limits: { headerTime: 200, bodyTime: 400 },
  });
  const slow = [`POST / HTTP/1.1\r\n${HOST}`, `POST / HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`];
  for (const received of await Promise.all(slow.map((bytes) => exchangeRaw(t, port, bytes)))) {
    assert.equal(statusOf(received), 408);
    assert.equal(problemOf(received).code, 'GWPROXY_REQUEST_TIMEOUT');
  }
  assert.equal(
    await exchangeRaw(t, port, ''),
    '',
    'a connection that was only opened ahead is closed in silence',
  );
});

test('a declared length over the limit is refused before the body is read', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP), pathRoute('a', '/s')],
    targets: [target('a', bot.port)],
    limits: { body: 100, streamed: 200 },
  });
  for (const [path, length] of [
    ['/', 101],
    ['/s', 201],
  ] as const) {
    const client = await dial(t, port);
    const received = await client
      .send(`POST ${path} HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n`)
      .until(/\}$/);
    assert.equal(statusOf(received), 413, path);
  }
  assert.equal(bot.requests.length, 0);
});

test('a body of unknown length is cut off at the limit', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [appRoute('a', APP), pathRoute('a', '/s')],
    targets: [target('a', upstream.port)],
    limits: { body: 100, streamed: 100 },
  });
  const chunk = `40\r\n${'x'.repeat(64)}\r\n`;
  for (const path of ['/', '/s']) {
    const client = await dial(t, port);
    client.send(`POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunk}`).send(chunk);
    const received = await client.until(/\}$/);
    assert.equal(problemOf(received).code, 'GWPROXY_BODY_TOO_LARGE', path);
    client.send('0\r\n\r\n');
    await client.closed;
  }
  await (await upstream.take()).closed;
  assert.equal(door.stats().get('a')?.inFlight, 0);
});

test('a refused upload is read on for a while, so that its sender gets the answer', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    limits: { body: 1000 },
  });
  const body = activity(APP, 'x'.repeat(1024 * 1024));
  const client = await dial(t, port);
  const received = await client.send(activityRequest(body)).end();
  assert.equal(statusOf(received), 413);
  assert.match(received, /\r\nconnection: close\r\n/i);
});

test('all bodies in memory together stay within their limit', async (t) => {
  const upstream = await rawUpstream(t);
  const body = activity(APP);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
    limits: { buffered: body.length + 10 },
  });
  const first = await dial(t, port);
  first.send(activityRequest(body));
  const peer = await upstream.take();
  await peer.until(/\}$/);
  const second = await dial(t, port);
  const received = await second.send(activityRequest(body)).until(/\}$/);
  assert.equal(statusOf(received), 503);
  assert.equal(problemOf(received).code, 'GWPROXY_OVERLOADED');
  assert.match(received, /\r\nRetry-After: 1\r\n/);
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await first.until(/ok$/);
  const third = await dial(t, port);
  third.send(activityRequest(body));
  await peer.until(/\}[\s\S]*\}$/);
});

test('beyond the limit a new connection takes the place of the one that has been idle for longest', async (t) => {
  const bot = await startBot(t);
  const { port, refusals } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', bot.port)],
    limits: { connections: 3 },
  });
  const get = `GET / HTTP/1.1\r\n${HOST}\r\n`;
  const [oldest, used, newest] = [await dial(t, port), await dial(t, port), await dial(t, port)];
  for (const client of [oldest, used, newest]) await client.send(get).until(/200 OK/);
  await used.send(get).times('200 OK', 2);
  const next = (await dial(t, port)).send(get);
  await next.until(/200 OK/);
  await oldest.closed;
  await newest.send(get).times('200 OK', 2);
  // A connection that was opened and never used gives way too.
  const silent = await dial(t, port);
  await used.closed;
  for (const client of [next, newest]) await client.send(get).times('200 OK', client === next ? 2 : 3);
  await (await dial(t, port)).send(get).until(/200 OK/);
  await silent.closed;
  assert.deepEqual(refusals(), []);
});

test('and where none is idle, that of the body which has been received for longest', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    limits: { connections: 3 },
  });
  const slow = `POST / HTTP/1.1\r\n${HOST}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n`;
  const clients: RawClient[] = [];
  for (let count = 0; count < 3; count += 1) {
    const client = (await dial(t, port)).send(slow);
    await client.until(/100 Continue/);
    clients.push(client.send('abc'));
  }
  const [oldest] = clients;
  const client = (await dial(t, port)).send(activityRequest(activity(APP)));
  assert.match(await client.until(/ok$/), /200 OK/);
  assert.match((await oldest?.end()) ?? '', /HTTP\/1\.1 503 [\s\S]*GWPROXY_OVERLOADED/);
});

test('connections over the limit are dropped while each has a request in flight, and reported once', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, refusals } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
    limits: { connections: 2 },
  });
  const kept = [await dial(t, port), await dial(t, port)];
  for (const client of kept) {
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await (await upstream.take()).until(/\r\n\r\n/);
  }
  for (let more = 0; more < 3; more += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'close');
  }
  assert.deepEqual(
    refusals().map(({ code }) => code),
    ['GWPROXY_OVERLOADED'],
  );
});

test('a gateway that hangs leaves connections for the requests of another one', async (t) => {
  const silent = await rawUpstream(t);
  const bot = await startBot(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('silent', '/silent'), pathRoute('a', '/a')],
    targets: [target('silent', silent.port), target('a', bot.port)],
    limits: { connections: 20 },
  });
  for (let count = 0; count < 25; count += 1) {
    (await dial(t, port)).send(`GET /silent HTTP/1.1\r\n${HOST}\r\n`);
  }
  for (let count = 0; count < 10; count += 1) {
    await (await dial(t, port)).send(`GET /a HTTP/1.1\r\n${HOST}\r\n`).until(/200 OK/);
  }
  assert.equal(door.stats().get('silent')?.inFlight, 18);
});

test('a client that pipelines cannot have more requests under way than there may be connections', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
    limits: { connections: 3 },
  });
  const client = await dial(t, port);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(5));
  for (let count = 0; count < 3; count += 1) {
    const peer = await upstream.take();
    await peer.until(/\r\n\r\n/);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  }
  const received = await client.until(/(?:GWPROXY_OVERLOADED[\s\S]*){2}\}/);
  assert.equal(received.match(/HTTP\/1\.1 200 /g)?.length, 3);
  assert.equal(upstream.sockets.length, 3);
});

test('one connection cannot have all the requests under way that there may be', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(18));
  for (let count = 0; count < 16; count += 1) {
    const peer = await upstream.take();
    await peer.until(/\r\n\r\n/);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  }
  await client.times('GWPROXY_OVERLOADED', 2);
  assert.equal(client.received.match(/HTTP\/1\.1 200 /g)?.length, 16);
  assert.equal(upstream.sockets.length, 16);
});

test('a gateway that does not answer in time is 504, and its request is broken off', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
    limits: { answerTime: 100 },
  });
  const client = await dial(t, port);
  const received = await client.send(activityRequest(activity(APP))).until(/\}$/);
  assert.equal(statusOf(received), 504);
  assert.match(received, /\r\nProxy-Status: gwproxy; error=http_response_timeout\r\n/);
  await (await upstream.take()).closed;
});

test('an answer that stands still for too long is broken off', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
    limits: { idleTime: 100 },
  });
  const client = await dial(t, port);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  assert.match(await client.end(), /half$/);
  await peer.closed;
});

test('a client that reads nothing of its answer is let go', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
    limits: { idleTime: 200 },
  });
  const client = await dial(t, port);
  client.socket.pause();
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  const peer = await upstream.take();
  peer.send('HTTP/1.1 200 OK\r\n\r\n').send(Buffer.alloc(32 * 1024 * 1024));
  await peer.closed;
  assert.equal(door.stats().get('a')?.inFlight, 0);
});
