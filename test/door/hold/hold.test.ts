import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdUntil, retryAfter } from '../../../src/door/hold/deadline.ts';
import { Latency } from '../../../src/door/upstream/latency.ts';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  pathRoute,
  problemOf,
  slackRoute,
  startBot,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const ROUTES = [appRoute('a', APP)];
const SLACK = JSON.stringify({
  type: 'event_callback',
  team_id: 'T0AAAAAAA1',
  api_app_id: 'A0AAAAAAA1',
  event: { type: 'message' },
});

test('requests wait while their gateway starts, and reach it in the order of their arrival', async (t) => {
  const bot = await startBot(t);
  const { port, door, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', bot.port, { state: 'pending' })],
    // A round ends when its requests do, however busy the machine is.
    roundTimeout: 300_000,
  });
  const clients = [];
  for (let count = 1; count <= 20; count += 1) {
    clients.push((await dial(t, port)).send(activityRequest(activity(APP, `nr ${count}`))));
    await supervisor.called('ensureReady', count);
  }
  assert.equal(door.stats().get('a')?.held, 20);
  assert.equal(bot.requests.length, 0);
  supervisor.publish(ROUTES, [target('a', bot.port)]);
  for (const client of clients) await client.until(/ok/);
  const order = bot.requests.map(({ body }) => JSON.parse(body.toString()).text);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => Number(a.slice(3)) - Number(b.slice(3))),
  );
  assert.equal(door.stats().get('a')?.held, 0);
  assert.deepEqual(supervisor.of('cancel'), []);
});

test('the wait ends with the sender: Slack after 2 s, Bot Framework later, an unknown one after 9 s', async (t) => {
  const pending = target('a', 1, { state: 'pending' });
  const routes = [slackRoute('a', 'T0AAAAAAA1'), ...ROUTES, pathRoute('a', '/hook')];
  const { port, supervisor } = await startDoor(t, { routes, targets: [pending] });
  const before = Date.now();
  const client = await dial(t, port);
  client.send(activityRequest(SLACK));
  await supervisor.called('ensureReady', 1);
  (await dial(t, port)).send(activityRequest(activity(APP)));
  await supervisor.called('ensureReady', 2);
  (await dial(t, port)).send('POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  await supervisor.called('ensureReady', 3);
  const [slack = 0, bot = 0, path = 0] = supervisor
    .of('ensureReady')
    .map(({ deadlineAt }) => deadlineAt - before);
  assert.ok(slack >= 2000 && slack < 2900, String(slack));
  assert.ok(path >= 9000 && path < 9900, String(path));
  assert.ok(bot > slack, String(bot));
});

test('a wait that ends unready is 503 with Retry-After, counted from the head', async (t) => {
  const pending = target('a', 1, { state: 'pending' });
  const { port, door, supervisor, refusals, advance } = await startDoor(t, {
    routes: ROUTES,
    targets: [pending],
  });
  const client = await dial(t, port);
  const bytes = activityRequest(activity(APP));
  client.send(bytes.slice(0, -5));
  // Answered behind it, so that the head above has arrived.
  await (await dial(t, port)).send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n').until(/405/);
  // Of the 14 s that Bot Framework leaves for it, half a second is left.
  advance(13_500);
  client.send(bytes.slice(-5));
  const received = await client.until(/\}$/);
  assert.equal(statusOf(received), 503);
  assert.equal(problemOf(received).code, 'GWPROXY_UPSTREAM_NOT_READY');
  assert.match(received, /\r\nRetry-After: 1\r\n/);
  assert.match(received, /\r\nProxy-Status: gwproxy; error=destination_unavailable\r\n/);
  assert.equal(supervisor.of('cancel').length, supervisor.of('ensureReady').length);
  assert.equal(door.stats().get('a')?.held, 0);
  assert.equal(refusals().at(-1)?.profile, 'a');
});

test('a wait that would be in vain is 503 at once, with the time of the next start', async (t) => {
  const retryAt = Date.now() + 30_000;
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', 1, { state: 'pending', retryAt })],
  });
  const received = await (await dial(t, port)).send(activityRequest(activity(APP))).until(/\}$/);
  assert.equal(statusOf(received), 503);
  assert.match(received, /\r\nRetry-After: (?:30|29)\r\n/);
  assert.deepEqual(supervisor.of('ensureReady'), []);
});

test('a gateway that is down is 503 at once, and so are those who waited for it', async (t) => {
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', 1, { state: 'pending' })],
  });
  const held = (await dial(t, port)).send(activityRequest(activity(APP)));
  await supervisor.called('ensureReady');
  supervisor.publish(ROUTES, [target('a', 1, { state: 'down' })]);
  assert.equal(statusOf(await held.until(/\}$/)), 503);
  const late = (await dial(t, port)).send(activityRequest(activity(APP)));
  assert.equal(statusOf(await late.until(/\}$/)), 503);
  assert.equal(supervisor.of('ensureReady').length, 1);
});

test('a backoff that grows beyond the wait ends it', async (t) => {
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', 1, { state: 'pending' })],
  });
  const held = (await dial(t, port)).send(activityRequest(activity(APP)));
  await supervisor.called('ensureReady');
  supervisor.publish(ROUTES, [target('a', 1, { state: 'pending', retryAt: Date.now() + 60_000 })]);
  assert.match(await held.until(/\}$/), /^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: (?:59|60)\r\n/);
});

test('only so many wait for one profile, and for all together', async (t) => {
  const targets = ['a', 'b'].map((profile) => target(profile, 1, { state: 'pending' }));
  const routes = [pathRoute('a', '/a'), pathRoute('b', '/b')];
  const { port, supervisor } = await startDoor(t, {
    routes,
    targets,
    limits: { heldPerProfile: 2, held: 3 },
  });
  const ask = async (path: string) => (await dial(t, port)).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await ask('/a');
  await ask('/a');
  await supervisor.called('ensureReady', 2);
  assert.equal(problemOf(await (await ask('/a')).until(/\}$/)).code, 'GWPROXY_OVERLOADED');
  await ask('/b');
  await supervisor.called('ensureReady', 3);
  assert.equal(problemOf(await (await ask('/b')).until(/\}$/)).code, 'GWPROXY_OVERLOADED');
});

test('one listener that is not ready holds nobody up who wants another', async (t) => {
  const bot = await startBot(t);
  const targets = [
    target('a', 1, { listener: 'messages', paths: ['/api'], state: 'pending' }),
    target('a', bot.port, { listener: 'webhook', paths: ['/webhooks', '/api/hooks'] }),
  ];
  const { port, supervisor } = await startDoor(t, { routes: [pathRoute('a')], targets });
  for (const path of ['/webhooks/x', '/api/hooks']) {
    await (await dial(t, port)).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).until(/ok/);
  }
  (await dial(t, port)).send('GET /api/messages HTTP/1.1\r\nHost: a\r\n\r\n');
  await supervisor.called('ensureReady');
  assert.equal(supervisor.of('ensureReady')[0]?.listener, 'messages');
});

test('a held body that will be streamed stays unread', async (t) => {
  const upstream = await rawUpstream(t);
  const routes = [pathRoute('a')];
  const { port, supervisor } = await startDoor(t, {
    routes,
    targets: [target('a', upstream.port, { state: 'pending' })],
  });
  const size = 8 * 1024 * 1024;
  const client = await dial(t, port);
  client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`).send(Buffer.alloc(size, 'x'));
  await supervisor.called('ensureReady');
  assert.ok(client.socket.writableLength > 0, 'the door reads on');
  supervisor.publish(routes, [target('a', upstream.port)]);
  const peer = await upstream.take();
  while (peer.received.length < size) await new Promise((resolve) => peer.socket.once('data', resolve));
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await client.until(/ok$/);
});

test('a supervisor that answers within the call is understood', async (t) => {
  const bot = await startBot(t);
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', bot.port, { state: 'pending' })],
  });
  supervisor.onCall = ({ call }) => {
    if (call === 'ensureReady') supervisor.publish(ROUTES, [target('a', bot.port)]);
  };
  await (await dial(t, port)).send(activityRequest(activity(APP))).until(/ok/);
  assert.deepEqual(
    supervisor.of('applied').map(({ version }) => version),
    [1, 2],
  );
});

test('before the first snapshot a request is told to come again', async (t) => {
  const { port, supervisor } = await startDoor(t, { routes: [], targets: [] });
  const none = await (await dial(t, port)).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until(/\}$/);
  assert.equal(statusOf(none), 404);
  assert.deepEqual(supervisor.of('ensureReady'), []);
});

test('the wait leaves room for the network and for what the gateway usually needs', () => {
  assert.equal(holdUntil(0, 3000, null), 2000);
  assert.equal(holdUntil(0, 15_000, 100), 14_000);
  assert.equal(holdUntil(0, 15_000, 4000), 10_500);
  assert.equal(holdUntil(0, 3000, 60_000), 1000, 'a slow gateway leaves half of the deadline');
});

test('Retry-After is in whole seconds, and at least one', () => {
  assert.equal(retryAfter(null, 0), 1);
  assert.equal(retryAfter(-5, 0), 1);
  assert.equal(retryAfter(1001, 0), 2);
});

test('the 95th percentile follows the newest 64 answers', () => {
  const latency = new Latency();
  assert.equal(latency.p95(), null);
  latency.record(7);
  assert.equal(latency.p95(), 7);
  for (let ms = 1; ms <= 100; ms += 1) latency.record(ms);
  assert.equal(latency.p95(), 97);
  for (let count = 0; count < 64; count += 1) latency.record(5);
  assert.equal(latency.p95(), 5);
});

test('what a path routes is held as long as its sender waits, where the head tells who that is', async (t) => {
  const { port, supervisor } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', 1, { state: 'pending' })],
  });
  const cases = [
    ['', 10_000],
    ['X-Slack-Signature: v0=00\r\n', 3000],
    ['X-Telegram-Bot-Api-Secret-Token: an-invented-token\r\n', 60_000],
  ] as const;
  for (const [index, [header, deadline]] of cases.entries()) {
    const before = Date.now();
    (await dial(t, port)).send(`POST /x HTTP/1.1\r\nHost: a\r\n${header}Content-Length: 0\r\n\r\n`);
    await supervisor.called('ensureReady', index + 1);
    const wait = (supervisor.of('ensureReady')[index]?.deadlineAt ?? 0) - before;
    // Less what the network and the gateway need, and a slow machine.
    assert.ok(wait > deadline - 1500 && wait < deadline + 3000, `${header}${wait}`);
  }
});
