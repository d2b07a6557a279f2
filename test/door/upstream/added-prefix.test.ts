import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  keyedRoute,
  pathRoute,
  startBot,
  startDoor,
  statusOf,
  type TestDoor,
  target,
} from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const BELOW = { addPrefix: '/p/a' };
const ROUTES = [pathRoute('a'), pathRoute('b', '/b', true)];

/** The request lines that one gateway behind both profiles gets. */
async function startBoth(t: TestContext): Promise<TestDoor & { readonly urls: () => unknown[] }> {
  const bot = await startBot(t);
  const targets = [target('a', bot.port, BELOW), target('b', bot.port, { addPrefix: '/p/b%20c' })];
  const door = await startDoor(t, { routes: ROUTES, targets });
  return { ...door, urls: () => bot.requests.splice(0).map(({ req }) => req.url) };
}

async function ask(
  t: TestContext,
  { port }: TestDoor,
  requestTarget: string,
  method = 'GET',
): Promise<number> {
  const client = await dial(t, port);
  client.send(
    `${method} ${requestTarget} HTTP/1.1\r\nHost: bots.example.com\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
  return statusOf(await client.end());
}

test('a gateway gets the prefix before the path, and all of the rest as it came', async (t) => {
  const door = await startBoth(t);
  for (const rest of [
    '/',
    '/?',
    '/?next=/../x',
    '/api/messages?a=%2F&b=//c&d=..',
    '/a//b/',
    '/%41%2f%e3%81%82/..a',
    '/a;b=c/@x:y',
    '/p/a',
  ]) {
    assert.equal(await ask(t, door, rest), 200, rest);
    assert.deepEqual(door.urls(), [`/p/a${rest}`]);
  }
  assert.equal(await ask(t, door, 'http://bots.example.com/x?y'), 200);
  assert.deepEqual(door.urls(), ['/p/a/x?y']);
  for (const [rest, seen] of [
    ['/b', '/p/b%20c/'],
    ['/b?x', '/p/b%20c/?x'],
    ['/b/b/c', '/p/b%20c/b/c'],
  ]) {
    assert.equal(await ask(t, door, rest ?? ''), 200, rest);
    assert.deepEqual(door.urls(), [seen]);
  }
});

test('no path leaves the prefix: what could is refused, and nothing of it reaches the gateway', async (t) => {
  const door = await startBoth(t);
  for (const rest of [
    '/../b/x',
    '/x/../../b',
    '/..',
    '/.',
    '/%2e%2e/b',
    '/%252e%252e/b',
    '/..%2fb',
    '/..%5cb',
    '/..;/b',
    '/.%09./b',
    '//b',
    '/%2fb',
    '/b//c',
    '/b/../c',
    '/\\..\\b',
    '*',
    'http://bots.example.com/../b',
    'http://bots.example.com//b',
    'http://other.example.com/x',
  ]) {
    assert.equal(await ask(t, door, rest, rest === '*' ? 'OPTIONS' : 'GET'), 400, rest);
  }
  assert.deepEqual(door.urls(), []);
});

test('a stripped prefix is named in X-Forwarded-Prefix, and an added one is not', async (t) => {
  const bot = await startBot(t);
  const targets = [target('a', bot.port, BELOW), target('b', bot.port, BELOW)];
  const door = await startDoor(t, { routes: ROUTES, targets });
  for (const [rest, named] of [
    ['/x', undefined],
    ['/b/x', '/b'],
  ]) {
    assert.equal(await ask(t, door, rest ?? ''), 200);
    const seen = bot.requests.at(-1)?.req;
    assert.deepEqual([seen?.url, seen?.headers['x-forwarded-prefix']], ['/p/a/x', named]);
  }
});

test('the listener is picked by the path without the prefix', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: ROUTES,
    targets: [
      target('a', bot.port, { listener: 'one', paths: ['/one'], addPrefix: '/p/one' }),
      target('a', bot.port, { listener: 'two', paths: ['/two'] }),
    ],
  });
  for (const rest of ['/one/x', '/two/x']) assert.equal(await ask(t, door, rest), 200);
  assert.deepEqual(
    bot.requests.map(({ req }) => req.url),
    ['/p/one/one/x', '/two/x'],
  );
  assert.equal(await ask(t, door, '/p/one/x'), 404);
});

test('a held request gets the prefix of the plan by which it is sent', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', bot.port, { ...BELOW, state: 'pending' })],
  });
  const asked = ask(t, door, '/x?y');
  await door.supervisor.called('ensureReady');
  door.supervisor.publish(ROUTES, [target('a', bot.port, { addPrefix: '/p/later' })]);
  assert.equal(await asked, 200);
  assert.deepEqual(
    bot.requests.map(({ req }) => req.url),
    ['/p/later/x?y'],
  );
});

test('each copy of a batch gets the prefix of its own profile', async (t) => {
  const bot = await startBot(t);
  const pages = [
    ['a', '100000000000001'],
    ['b', '100000000000002'],
  ] as const;
  const { port } = await startDoor(t, {
    routes: pages.map(([profile, page]) => ({
      ...keyedRoute(profile, 'messenger', { page: [page] }),
      fanOut: true,
    })),
    targets: pages.map(([profile]) => target(profile, bot.port, { addPrefix: `/p/${profile}` })),
  });
  const body = JSON.stringify({
    object: 'page',
    entry: pages.map(([, id]) => ({ id, time: 1, messaging: [{ sender: { id: '9' }, recipient: { id } }] })),
  });
  const answer = await fetch(`http://127.0.0.1:${port}/meta?x=1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  assert.equal(answer.status, 200, await answer.text());
  assert.deepEqual(bot.requests.map(({ req }) => req.url).sort(), ['/p/a/meta?x=1', '/p/b/meta?x=1']);
});

test('a WebSocket gets the prefix of the plan by which it was matched, though the plan changes while it connects', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port, { ...BELOW, idleAfter: 1 })],
  });
  await supervisor.called('load');
  let changed = false;
  supervisor.onCall = (call) => {
    // Its lease is acquired, and no connection is open yet.
    if (changed || call.call !== 'load' || call.inFlight !== 1) return;
    changed = true;
    supervisor.publish(ROUTES, [target('a', upstream.port, { addPrefix: '/p/later', idleAfter: 1 })]);
  };
  const client = (await dial(t, port)).send(
    'GET /ws//%41?x=1 HTTP/1.1\r\nHost: bots.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  const peer = await upstream.take();
  assert.match(await peer.until(/\r\n\r\n$/), /^GET \/p\/a\/ws\/\/%41\?x=1 HTTP\/1\.1\r\n/);
  assert.ok(changed);
  client.leave();
});
