import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Unmatched } from '../../src/door/unmatched.ts';
import type { Event } from '../../src/events.ts';
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
} from './support/door.ts';
import { dial } from './support/raw.ts';

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

test('an unknown key reaches no gateway, and the operator hears of it once', async (t) => {
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

test('a path that no route claims, or no listener serves, is 404 and names nobody', async (t) => {
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

test('a prefix is taken off before the listener is picked, and told to the gateway', async (t) => {
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

test('what is told of unmatched requests is bounded, in number and in length', () => {
  const told: Event[] = [];
  const unmatched = new Unmatched((event) => told.push(event));
  const see = (team: string) => unmatched.see({ platform: 'slack', fields: { team } }, '/x'.repeat(500));
  for (let count = 0; count < 1001; count += 1) see(`T${count}`);
  see('T1');
  assert.equal(told.length, 1001, 'the newest 1000 are remembered');
  see('T0');
  assert.equal(told.length, 1002, 'the oldest is forgotten');
  see('T'.repeat(5000));
  const last = told.at(-1);
  assert.ok(last?.type === 'door.unmatched' && JSON.stringify(last).length < 1000);
});
