import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { chooseDisplaced } from '../../../src/door/hold/displace.ts';
import { pathRoute, problemOf, slackRoute, startBot, startDoor, statusOf, target } from '../support/door.ts';
import { dial, type RawClient } from '../support/raw.ts';
import { rules } from '../support/verified.ts';

const SECRET = 'of-a-test';
const TEAM = 'T0AAAAAAA1';

function signedCommand(): string {
  const body = `team_id=${TEAM}&api_app_id=A0AAAAAAA1&command=%2Fask&text=x&trigger_id=1.2&response_url=https%3A%2F%2Fexample.invalid`;
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', SECRET).update(`v0:${at}:${body}`).digest('hex');
  return `POST /slack HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: ${at}\r\nX-Slack-Signature: v0=${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const SLEEPING = ['a', 'b', 'c', 'd', 'e'];

async function startSleeping(
  t: TestContext,
  limits: { readonly held: number; readonly heldPerProfile: number },
) {
  const bot = await startBot(t);
  const routes = [
    ...SLEEPING.map((profile) => pathRoute(profile, `/${profile}`)),
    slackRoute('verified', TEAM),
    pathRoute('verified', '/open'),
  ];
  const pending = [...SLEEPING, 'verified'].map((profile) => target(profile, 1, { state: 'pending' }));
  const door = await startDoor(t, {
    routes,
    targets: pending,
    rules: [rules('verified', { slack: [SECRET] })],
    limits,
  });
  const wake = () => door.supervisor.publish(routes, [...pending.slice(0, -1), target('verified', bot.port)]);
  const held = () => [...door.door.stats().values()].reduce((sum, stats) => sum + stats.held, 0);
  return { ...door, bot, wake, held };
}

async function get(t: TestContext, port: number, path: string, headers = ''): Promise<RawClient> {
  return (await dial(t, port)).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
}

/** Resolves when the door has served what was sent on connections before. */
async function settled(t: TestContext, port: number): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await (await dial(t, port)).send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n').until(/405/);
  }
}

test('requests for gateways that never become ready leave places for those of another one', async (t) => {
  const { port, held, wake } = await startSleeping(t, { held: 40, heldPerProfile: 20 });
  for (const profile of SLEEPING.slice(0, 3)) {
    await Promise.all(Array.from({ length: 25 }, () => get(t, port, `/${profile}`)));
  }
  await settled(t, port);
  assert.ok(held() < 40, String(held()));
  const command = (await dial(t, port)).send(signedCommand());
  const open = await get(t, port, '/open');
  await settled(t, port);
  assert.deepEqual([command.received, open.received], ['', ''], 'both are held');
  wake();
  assert.match(await command.end(), /^HTTP\/1\.1 200 OK/);
  await open.until(/^HTTP\/1\.1 200 OK/);
});

test('where every place is taken, a verified request takes that of one that is not', async (t) => {
  const { port, held, wake } = await startSleeping(t, { held: 5, heldPerProfile: 5 });
  const idle: RawClient[] = [];
  for (const profile of SLEEPING) idle.push(await get(t, port, `/${profile}`));
  for (let more = 0; more < 3; more += 1) idle.push(await get(t, port, '/a'));
  await settled(t, port);
  const before = held();
  const command = (await dial(t, port)).send(signedCommand());
  const second = (await dial(t, port)).send(signedCommand().replaceAll('1.2', '1.3'));
  await settled(t, port);
  assert.ok(held() >= before && held() <= 5);
  assert.equal(command.received, '');
  wake();
  assert.match(await command.end(), /^HTTP\/1\.1 200 OK/);
  second.leave();
});

test('in its own profile too, and the one that gives way hears 503', async (t) => {
  const { port, wake } = await startSleeping(t, { held: 100, heldPerProfile: 2 });
  const first = await get(t, port, '/open');
  await settled(t, port);
  const newest = await get(t, port, '/open');
  await settled(t, port);
  const command = (await dial(t, port)).send(signedCommand());
  const received = await newest.until(/\}$/);
  assert.equal(statusOf(received), 503);
  assert.equal(problemOf(received).code, 'GWPROXY_OVERLOADED');
  wake();
  assert.match(await command.end(), /^HTTP\/1\.1 200 OK/);
  await first.until(/^HTTP\/1\.1 200 OK/);
});

test('a client that has all places of a profile gives one to another client, and not the other way round', async (t) => {
  const { port } = await startSleeping(t, { held: 100, heldPerProfile: 4 });
  const crowd: RawClient[] = [];
  for (let count = 0; count < 4; count += 1) {
    crowd.push(await get(t, port, '/open', 'X-Forwarded-For: 203.0.113.7\r\n'));
    await settled(t, port);
  }
  const other = await get(t, port, '/open', 'X-Forwarded-For: 198.51.100.1\r\n');
  assert.equal(statusOf((await crowd[3]?.until(/\}$/)) ?? ''), 503);
  const more = await get(t, port, '/open', 'X-Forwarded-For: 203.0.113.7\r\n');
  assert.equal(statusOf(await more.until(/\}$/)), 503);
  assert.equal(other.received, '');
});

test('nothing verified is ever displaced', () => {
  const client = { isDisconnected: false, clientAddress: '192.0.2.1', onDisconnect: () => {} };
  const waiter = (profile: string, verified: boolean, order: number) => ({
    order,
    client,
    delivery: {
      profile,
      path: '/',
      arrivedAt: 0,
      bytes: 0,
      verified,
      deadline: () => 0,
    },
  });
  const verified = [waiter('a', true, 1), waiter('b', true, 2)];
  const asker = waiter('a', true, 9).delivery;
  assert.equal(chooseDisplaced(verified, client, asker, 'full'), undefined);
  assert.equal(chooseDisplaced(verified, client, asker, 'profile-full'), undefined);
  const others = [waiter('b', false, 3), waiter('c', false, 4), waiter('c', false, 5)];
  assert.equal(chooseDisplaced([...verified, ...others], client, asker, 'full'), others[2]);
  assert.equal(chooseDisplaced([...verified, ...others], client, asker, 'profile-full'), undefined);
  assert.equal(
    chooseDisplaced([...verified, ...others], client, waiter('a', false, 9).delivery, 'full'),
    undefined,
    'a request that is not verified takes no other profile’s place',
  );
});
