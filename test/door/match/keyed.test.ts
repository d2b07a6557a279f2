import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Unmatched } from '../../../src/door/match/unmatched.ts';
import type { Event } from '../../../src/events.ts';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  keyedRoute,
  pathRoute,
  problemOf,
  slackRoute,
  startBot,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial } from '../support/raw.ts';

const ANYWHERE = { host: null, path: '' };
const OTHER = '00000000-0000-0000-0000-000000000002';

async function ask(t: TestContext, port: number, body: string): Promise<string> {
  return (await dial(t, port)).send(activityRequest(body)).until(/\r\n\r\n(?:.+)?$/s);
}

test('each key reaches its own gateway', async (t) => {
  const bots = [
    await startBot(t, (_req, res) => res.end('one')),
    await startBot(t, (_req, res) => res.end('two')),
  ];
  const { port, door } = await startDoor(t, {
    routes: [appRoute('one', APP), appRoute('two', OTHER), slackRoute('two', 'T0AAAAAAA1')],
    targets: [target('one', bots[0]?.port ?? 0), target('two', bots[1]?.port ?? 0)],
  });
  const event = {
    type: 'event_callback',
    team_id: 'T0AAAAAAA1',
    api_app_id: 'A0AAAAAAA1',
    event: { type: 'message' },
  };
  const cases = [
    [activity(APP), 'one'],
    [activity(OTHER), 'two'],
    [JSON.stringify(event), 'two'],
  ] as const;
  for (const [body, who] of cases) {
    await (await dial(t, port)).send(activityRequest(body)).until(new RegExp(who));
  }
  assert.deepEqual(
    [...door.stats()].map(([name, { requests }]) => [name, requests]),
    [
      ['one', 1],
      ['two', 2],
    ],
  );
});

test('an unknown key reaches no gateway, and is reported once', async (t) => {
  const bot = await startBot(t);
  const { port, events } = await startDoor(t, {
    routes: [appRoute('a', APP), pathRoute('a')],
    targets: [target('a', bot.port)],
  });
  for (let count = 0; count < 3; count += 1) await ask(t, port, activity(OTHER));
  assert.equal(bot.requests.length, 0);
  const told = events.filter((event) => event.type === 'door.unmatched');
  assert.equal(told.length, 1);
  assert.equal(told[0]?.path, '/api/messages');
});

test('a Slack event for an unknown team is acknowledged, so that Slack disables nothing', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [slackRoute('a', 'T0AAAAAAA1')],
    targets: [target('a', bot.port)],
  });
  const event = {
    type: 'event_callback',
    team_id: 'T0BBBBBBB2',
    api_app_id: 'A0AAAAAAA1',
    event: { type: 'message' },
  };
  const received = await ask(t, port, JSON.stringify(event));
  assert.equal(statusOf(received), 200);
  assert.match(received, /\r\nProxy-Status: gwproxy\r\n/);
  assert.equal(bot.requests.length, 0);
});

test('a body that can be read in two ways is refused in the words of the router', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, { routes: [appRoute('a', APP)], targets: [target('a', bot.port)] });
  const twice = activity(APP).replace(/\}$/, `,"recipient":{"id":"28:${OTHER}"}}`);
  const received = await ask(t, port, twice);
  assert.equal(statusOf(received), 400);
  assert.match(problemOf(received).code, /^GWPROXY_(?:AMBIGUOUS_KEY|BODY_INVALID)$/);
  assert.equal(bot.requests.length, 0);
});

test('a path without a route or a listener is 404, and the answer names no profile', async (t) => {
  const bot = await startBot(t);
  const { port, door } = await startDoor(t, {
    routes: [pathRoute('secret-profile', '/a')],
    targets: [target('secret-profile', bot.port, { paths: ['/a/b'] })],
  });
  for (const path of ['/', '/a', '/ab', '/a/c']) {
    const received = await (await dial(t, port))
      .send(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-7\r\n\r\n`)
      .until(/\}$/);
    assert.equal(statusOf(received), 404, path);
    assert.match(received, /\r\nContent-Type: application\/problem\+json\r\n/);
    assert.match(received, /\r\nCache-Control: no-store\r\n/);
    assert.match(received, /\r\nProxy-Status: gwproxy; error=destination_not_found\r\n/);
    assert.equal(problemOf(received).request_id, 'r-7');
    assert.doesNotMatch(received, /secret|127\.0/);
  }
  assert.equal(door.stats().get('secret-profile')?.requests, 0);
});

test('a prefix is stripped before the listener is picked, and the gateway gets it in a header', async (t) => {
  const bot = await startBot(t, (req, res) => res.end(`[${req.url} ${req.headers['x-forwarded-prefix']}]`));
  const { port } = await startDoor(t, {
    routes: [pathRoute('a', '/p/a', true)],
    targets: [target('a', bot.port, { paths: ['/'] })],
  });
  for (const [path, seen] of [
    ['/p/a/x?y', '/x?y'],
    ['/p/a', '/'],
    ['/p/a/', '/'],
    ['/p/a?', '/?'],
  ] as const) {
    const client = await dial(t, port);
    const received = await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).until(/\[.*\]/);
    assert.ok(received.includes(`[${seen} /p/a]`), received);
  }
  const client = await dial(t, port);
  assert.equal(statusOf(await client.send('GET /p/a//x HTTP/1.1\r\nHost: a\r\n\r\n').until(/\}$/)), 400);
});

test('HEAD gets the door’s own answer without a body', async (t) => {
  const { port } = await startDoor(t, { routes: [], targets: [] });
  const client = await dial(t, port);
  const received = await client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').until(/\r\n\r\n/);
  assert.match(received, /^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/);
});

test('what is kept of unmatched requests is bounded in number, and can be cleared', () => {
  const told: Event[] = [];
  let now = 0;
  const unmatched = new Unmatched(
    (event) => told.push(event),
    () => now++,
  );
  const see = (team: string) => unmatched.record([{ platform: 'slack', fields: { team } }], ANYWHERE, '/x');
  for (let count = 0; count < 1001; count += 1) see(`T${count}`);
  see('T1');
  assert.equal(told.length, 1001, 'the newest 1000 are remembered');
  assert.deepEqual(
    unmatched
      .list()
      .slice(0, 2)
      .map(({ attributes, count, firstSeen, lastSeen }) => [attributes.fields, count, firstSeen, lastSeen]),
    [
      [{ team: 'T1' }, 2, 1, 1001],
      [{ team: 'T1000' }, 1, 1000, 1000],
    ],
  );
  see('T0');
  assert.equal(told.length, 1002, 'the oldest is forgotten');
  assert.equal(unmatched.list().length, 1000);
  unmatched.record([{ platform: 'graph', fields: {} }], ANYWHERE, '/');
  assert.equal(unmatched.clear(), 1000, 'what names nobody is not kept');
  assert.deepEqual(unmatched.list(), []);
});

test('a secret that no route claims is kept as a keyed hash', async (t) => {
  const { port, door, events } = await startDoor(t, {
    routes: [keyedRoute('a', 'telegram', { secret_token: ['right-token-0001'] })],
    targets: [],
  });
  const client = await dial(t, port);
  const head = 'Host: a\r\nX-Telegram-Bot-Api-Secret-Token: wrong-token-0001\r\nContent-Length: 0\r\n\r\n';
  assert.equal(statusOf(await client.send(`POST / HTTP/1.1\r\n${head}`).until(/\}$/)), 404);
  const [key] = door.unmatched.list();
  assert.match(key?.attributes.fields['secret_token'] ?? '', /^#[\w-]{16}$/);
  assert.doesNotMatch(JSON.stringify([events, door.unmatched.list()]), /wrong-token|right-token/);
});

test('a request that its header gives away streams, and its body is not looked at', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [keyedRoute('a', 'telegram', { secret_token: ['right-token-0001'] }), appRoute('b', APP)],
    targets: [target('a', bot.port)],
    limits: { body: 16 },
  });
  const body = '{"recipient": [not JSON, and longer than what is held to route it]';
  const client = await dial(t, port);
  const received = await client
    .send(
      `POST / HTTP/1.1\r\nHost: a\r\nX-Telegram-Bot-Api-Secret-Token: right-token-0001\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    .until(/ok$/);
  assert.equal(statusOf(received), 200);
  assert.equal(bot.requests[0]?.body.toString(), body);
});

test('a header that a route names has one value and one spelling', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [keyedRoute('a', 'custom', { 'header:x-tenant': ['one'] })],
    targets: [target('a', bot.port)],
  });
  const cases = [
    ['X-Tenant: one', 200],
    ['X-Tenant: two', 404],
    ['X-Tenant: one\r\nX-Tenant: two', 400],
    ['X-Tenant: one\r\nX_Tenant: two', 400],
    ['X_Tenant: one', 400],
    ['X-Tenant: one\r\nConnection: x-tenant', 400],
  ] as const;
  for (const [headers, status] of cases) {
    const client = await dial(t, port);
    client.send(`GET / HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`);
    assert.equal(statusOf(await client.until(/\r\n\r\n.+/s)), status, headers);
  }
  assert.equal(bot.requests.length, 1);
});

test('of routes by host, the request reaches the one of its own host', async (t) => {
  const bots = [
    await startBot(t, (_req, res) => res.end('own')),
    await startBot(t, (_req, res) => res.end('any')),
  ];
  const { port } = await startDoor(t, {
    routes: [{ ...pathRoute('own'), host: 'one.example' }, pathRoute('any')],
    targets: [target('own', bots[0]?.port ?? 0), target('any', bots[1]?.port ?? 0)],
  });
  for (const [host, who] of [
    ['ONE.example:8080', 'own'],
    ['two.example', 'any'],
  ] as const) {
    const client = await dial(t, port);
    await client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).until(new RegExp(`${who}$`));
  }
});
