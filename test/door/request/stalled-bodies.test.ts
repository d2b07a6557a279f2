import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import {
  pathRoute,
  problemOf,
  slackRoute,
  startBot,
  startDoor,
  statusOf,
  target,
  untilIdle,
} from '../support/door.ts';
import { dial, type RawClient, rawUpstream } from '../support/raw.ts';
import { rules } from '../support/verified.ts';

const SECRET = 'of-a-test';
const TEAM = 'T0AAAAAAA1';
const OTHER_TEAM = 'T0AAAAAAA2';
const MIB = 1024 * 1024;
let events = 0;

/** An event of Slack's, signed, of about that many bytes. */
function signedEvent(bytes: number, team = TEAM): string {
  events += 1;
  const body = JSON.stringify({
    type: 'event_callback',
    team_id: team,
    api_app_id: 'A0AAAAAAA1',
    event_id: `Ev${events}`,
    event: { type: 'message', text: 'x'.repeat(bytes) },
  });
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', SECRET).update(`v0:${at}:${body}`).digest('hex');
  return `POST /slack HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nX-Slack-Request-Timestamp: ${at}\r\nX-Slack-Signature: v0=${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

async function startVerified(t: TestContext) {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [slackRoute('a', TEAM), pathRoute('a', '/files')],
    targets: [target('a', bot.port)],
    rules: [rules('a', { slack: [SECRET] })],
  });
  return { ...door, bot };
}

/** Announces a body of JSON and sends that many bytes of it. */
async function stall(
  t: TestContext,
  port: number,
  sent: number,
  { announced = String(MIB), path = '/slack', headers = '' } = {},
): Promise<RawClient> {
  const client = await dial(t, port);
  client.send(
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${headers}Content-Length: ${announced}\r\n\r\n{"a":"`,
  );
  client.send(Buffer.alloc(sent - 6, 'a'));
  return client;
}

/** Resolves when the door has read what was sent on connections before. */
async function settled(t: TestContext, port: number): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await (await dial(t, port)).send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n').until(/405/);
  }
}

for (const [what, count, sent] of [
  ['large bodies', 24, MIB - 1],
  ['small bodies', 100, 256 * 1024 - 1],
  ['bodies of a few bytes', 300, 10],
] as const) {
  test(`signed events are answered beside ${count} ${what} that stand still`, async (t) => {
    const { port } = await startVerified(t);
    await Promise.all(Array.from({ length: count }, () => stall(t, port, sent)));
    await settled(t, port);
    for (const bytes of [100, 200 * 1024, 900 * 1024]) {
      const client = (await dial(t, port)).send(signedEvent(bytes));
      assert.match(await client.end(), /^HTTP\/1\.1 200 OK/, `${bytes} bytes`);
    }
  });
}

test('a body that gives way is answered 503, and its connection is closed', async (t) => {
  const { port, refusals } = await startVerified(t);
  const stalled: RawClient[] = [];
  for (let count = 0; count < 17; count += 1) stalled.push(await stall(t, port, MIB - 1));
  const received = await Promise.race(stalled.map((client) => client.end()));
  assert.equal(statusOf(received), 503);
  assert.match(received, /\r\nConnection: close\r\n/);
  assert.equal(problemOf(received).code, 'GWPROXY_OVERLOADED');
  assert.ok(refusals().length > 0);
});

test('memory is reserved for what has arrived, not for what is announced', async (t) => {
  const { port, refusals } = await startVerified(t);
  const slow = await Promise.all(Array.from({ length: 60 }, () => stall(t, port, 10)));
  // Together they are within the half of the memory that the large bodies of one profile may have at a time.
  const genuine = await Promise.all(Array.from({ length: 6 }, () => dial(t, port)));
  for (const client of genuine) client.send(signedEvent(900 * 1024));
  for (const client of genuine) assert.match(await client.end(), /^HTTP\/1\.1 200 OK/);
  assert.deepEqual(refusals(), []);
  assert.ok(slow.every(({ received }) => received === ''));
});

test('a client whose bodies fill the memory gives way to another one behind the same tunnel', async (t) => {
  const { port } = await startVerified(t);
  const others = await stall(t, port, 600 * 1024, { headers: 'X-Forwarded-For: 198.51.100.1\r\n' });
  await settled(t, port);
  for (let count = 0; count < 40; count += 1) {
    await stall(t, port, MIB - 1, { headers: 'X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n' });
  }
  await settled(t, port);
  assert.equal(others.received, '');
});

for (const [how, path] of [
  ['that is read', '/slack'],
  ['that is streamed', '/files'],
] as const) {
  test(`a body ${how} and comes more slowly than limits.body_rate is 408`, async (t) => {
    const { port, door, advance } = await startVerified(t);
    const stalled = await stall(t, port, 100_000, { path });
    const steady = await stall(t, port, 100_000, { path });
    await settled(t, port);
    advance(4000);
    steady.send(Buffer.alloc(10 * 1024, 'a'));
    await settled(t, port);
    advance(2000);
    const received = await stalled.until(/\}$/);
    assert.equal(statusOf(received), 408);
    assert.match(received, /\r\nConnection: close\r\n/);
    assert.equal(problemOf(received).code, 'GWPROXY_REQUEST_TIMEOUT');
    assert.equal(steady.received, '');
    advance(6000);
    assert.equal(statusOf(await steady.until(/\}$/)), 408, 'what came before counts no more');
    await untilIdle(door, 'a');
  });
}

test('a body that waits for its gateway is not too slow', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, advance } = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', upstream.port)],
  });
  const client = await dial(t, port);
  client
    .send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${8 * MIB}\r\n\r\n`)
    .send(Buffer.alloc(8 * MIB - 1))
    .send('z');
  const peer = await upstream.take();
  peer.socket.pause();
  await settled(t, port);
  // One that stands still is ended by the same look at all bodies.
  const slow = await stall(t, port, 100);
  await upstream.take();
  advance(20_000);
  assert.equal(statusOf(await slow.until(/\}$/)), 408);
  assert.equal(client.received, '');
  peer.socket.resume();
  await peer.until(/z$/);
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await client.until(/ok$/);
});

test("a gateway that does not answer keeps its own share of the memory, and no other one's", async (t) => {
  const silent = await rawUpstream(t);
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [slackRoute('silent', OTHER_TEAM), slackRoute('a', TEAM)],
    targets: [target('silent', silent.port), target('a', bot.port)],
    limits: { buffered: 16 * MIB, body: MIB },
  });
  const waiting = await Promise.all(Array.from({ length: 20 }, () => dial(t, port)));
  for (const client of waiting) client.send(signedEvent(900 * 1024, OTHER_TEAM));
  const refused = await Promise.race(waiting.map((client) => client.end()));
  assert.equal(problemOf(refused).code, 'GWPROXY_OVERLOADED');
  // The silent one's small events still find room, too.
  (await dial(t, port)).send(signedEvent(1000, OTHER_TEAM));
  const small = `"Ev${events}"`;
  for (let found = false; !found; ) {
    const peer = await silent.take();
    found = (await peer.until(/"event_id":"Ev\d+"/)).includes(small);
  }
  const others = await Promise.all(Array.from({ length: 4 }, () => dial(t, port)));
  for (const client of others) client.send(signedEvent(900 * 1024));
  for (const client of others) assert.match(await client.end(), /^HTTP\/1\.1 200 OK/);
});
