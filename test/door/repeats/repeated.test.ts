import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Sending, slackForm } from '../../support/senders.ts';
import { startBot, statusOf, target, untilIdle } from '../support/door.ts';
import { dial } from '../support/raw.ts';
import {
  type DoorOnFolder,
  gatedBot,
  invoke,
  issue,
  message,
  ROUTES,
  slackMention,
  spoolFolder,
  texts,
  until,
} from '../support/spooling.ts';
import { bytesOf, send } from '../support/verified.ts';
import { withHeader } from '../verify/support.ts';

const EMPTY = /\r\n\r\n$/;

/** Another delivery: once it is under way, so is whatever was sent before it. */
function behind(t: TestContext, door: DoorOnFolder): Promise<string> {
  return send(t, door, message({ text: 'behind', conversation: 'a:behind' }));
}

test('a repeat of what is spooled is acknowledged, and not spooled twice, by the next run either', async (t) => {
  const folder = await spoolFolder(t);
  const one = await folder.door();
  const sending = message({ text: 'once' });
  assert.equal(statusOf(await send(t, one, sending)), 202);
  const again = await send(t, one, sending);
  assert.deepEqual([statusOf(again), EMPTY.test(again)], [202, true]);
  assert.equal((await folder.names('new')).length, 1);
  await one.door.close(0);

  const two = await folder.door();
  const repeated = await send(t, two, sending);
  assert.match(repeated, /^HTTP\/1\.1 2\d\d .*\r\n\r\n$/s);
  assert.equal((await folder.names('new')).length, 1);
  const bot = await startBot(t);
  two.be('ready', bot.port);
  await two.drained();
  assert.match(await send(t, two, sending), /^HTTP\/1\.1 2\d\d .*\r\n\r\n$/s, 'delivered by now');
  assert.deepEqual(texts(bot), ['once']);
});

test('repeats that arrive while the original is written to disk are acknowledged with it', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const sending = message();
  const received = await Promise.all([1, 2, 3].map(() => send(t, door, sending)));
  assert.deepEqual(received.map(statusOf), [202, 202, 202]);
  assert.equal((await folder.names('new')).length, 1);
});

test('a repeat of a delivery that could not be spooled is not acknowledged', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door({ limits: { count: 0 } });
  const sending = message();
  const received = await Promise.all([1, 2].map(() => send(t, door, sending)));
  assert.deepEqual(received.map(statusOf), [503, 503]);
  assert.equal(statusOf(await send(t, door, sending)), 503);
});

test('a repeat of what is under way gets its status, without its body, and so does a later one', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  const sending = slackMention('once');
  const first = send(t, door, sending);
  await until(() => bot.waiting === 1);
  const repeats = [send(t, door, sending), send(t, door, sending)];
  const other = behind(t, door);
  await until(() => bot.waiting === 2);
  await bot.answer(201, 'the body');
  assert.match(await first, /^HTTP\/1\.1 201 .*\r\n\r\nthe body$/s);
  for (const repeat of await Promise.all(repeats)) {
    assert.deepEqual([statusOf(repeat), EMPTY.test(repeat)], [201, true]);
  }
  assert.equal(statusOf(await send(t, door, sending)), 201);
  bot.open();
  await other;
  assert.equal(bot.requests.length, 2);
});

test('after an original without a 2xx, the repeat is delivered', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  const sending = message({ text: 'again' });
  const first = send(t, door, sending);
  await until(() => bot.waiting === 1);
  const repeats = [send(t, door, sending), send(t, door, sending)];
  const other = behind(t, door);
  await until(() => bot.waiting === 2);
  await bot.answer(500, 'no');
  assert.match(await first, /^HTTP\/1\.1 500 .*no$/s);
  await until(() => bot.waiting === 2);
  await bot.answer(202, 'other');
  await bot.answer(200, 'yes');
  const [one = '', two = ''] = await Promise.all(repeats);
  assert.deepEqual([one, two].map(statusOf), [200, 200], 'the second one gets what the first one got');
  assert.notEqual(EMPTY.test(one), EMPTY.test(two));
  assert.equal(statusOf(await other), 202);
  assert.deepEqual(texts(bot), ['again', 'behind', 'again']);
});

test('a first one that breaks off leaves its repeat to go', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  let calls = 0;
  const bot = await startBot(t, (req, res) => {
    calls += 1;
    if (calls === 1) req.socket.destroy();
    else res.end('ok');
  });
  door.be('ready', bot.port);
  const sending = message();
  assert.equal(statusOf(await send(t, door, sending)), 502);
  assert.equal(statusOf(await send(t, door, sending)), 200);
  assert.equal(statusOf(await send(t, door, sending)), 200);
  assert.equal(calls, 2);
});

test('a 204 is repeated without the length that it must not have', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t, (_req, res) => res.writeHead(204).end());
  door.be('ready', bot.port);
  const sending = message();
  for (let count = 0; count < 2; count += 1) {
    const received = await send(t, door, sending);
    assert.match(received, /^HTTP\/1\.1 204 /);
    assert.doesNotMatch(received, /content-length|transfer-encoding/i);
  }
  assert.equal(bot.requests.length, 1);
});

test('what is synchronous, has no id, or is sent again on purpose always reaches the gateway', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  door.be('ready', bot.port);
  const all: Readonly<Record<string, Sending>> = {
    invoke: invoke(),
    expectReplies: message({ fields: { deliveryMode: 'expectReplies' } }),
    'a slash command': slackForm('slack-secret', { command: '/now', team_id: 'T1', api_app_id: 'A1' }),
    'without an id': message({ id: null }),
    'GitHub’s redelivery': issue('again'),
  };
  let sent = 0;
  for (const [what, sending] of Object.entries(all)) {
    for (let count = 0; count < 2; count += 1) {
      assert.match(await send(t, door, sending), /^HTTP\/1\.1 200 .*ok$/s, what);
      sent += 1;
      assert.equal(bot.requests.length, sent, what);
    }
  }
});

test('another body, target, listener or profile makes it another delivery', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  door.be('ready', bot.port);
  const sending = message({ id: 'same', text: '1' });
  const others = [
    sending,
    message({ id: 'same', text: '2' }),
    message({ id: 'same', text: '1', conversation: 'a:2' }),
    { ...sending, path: `${sending.path}?a=1` },
    { ...sending, path: '/other' },
  ];
  for (const other of others) assert.match(await send(t, door, other), /ok$/);
  assert.equal(bot.requests.length, others.length);

  door.be('ready', bot.port, { listener: 'second' });
  assert.match(await send(t, door, sending), /ok$/);
  door.supervisor.publish(
    ROUTES.map((route) => ({ ...route, profile: 'other' })),
    [target('other', bot.port)],
  );
  assert.match(await send(t, door, sending), /ok$/);
  assert.equal(bot.requests.length, others.length + 2);
});

test('an unverified repeat does not get its original’s status', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  const sending = message();
  const strange = withHeader(sending, 'Authorization', 'Bearer a.b.c');
  const first = send(t, door, sending);
  await until(() => bot.waiting === 1);
  assert.equal(statusOf(await send(t, door, strange)), 401);
  await bot.answer();
  assert.equal(statusOf(await first), 200);
  assert.equal(statusOf(await send(t, door, strange)), 401);
});

test('a sender that gives up and repeats gets the answer to its first request, which its gateway sees once', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  const sending = slackMention('slow');
  const client = await dial(t, door.port);
  client.send(bytesOf(sending));
  await until(() => bot.waiting === 1);
  client.leave();
  const repeat = send(t, door, sending);
  const other = behind(t, door);
  await until(() => bot.waiting === 2);
  assert.equal(bot.requests[0]?.req.socket.destroyed, false);
  await bot.answer(200, 'done');
  const received = await repeat;
  assert.deepEqual([statusOf(received), EMPTY.test(received)], [200, true]);
  bot.open();
  await other;
  assert.equal(statusOf(await send(t, door, sending)), 200);
  await untilIdle(door.door, 'inbox');
  assert.equal(bot.requests.length, 2);
  assert.deepEqual(door.refusals(), []);
});

test('a request that cannot be repeated ends with its client: one that is synchronous or has no id', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  for (const sending of [invoke(), message({ id: null }), issue('leaving')]) {
    const before = bot.requests.length;
    const client = await dial(t, door.port);
    client.send(bytesOf(sending));
    await until(() => bot.requests.length > before);
    client.leave();
    await until(() => bot.requests.at(-1)?.req.socket.destroyed === true);
  }
});

test('a gateway that breaks off what its sender gave up leaves the repeat to go', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  const sending = message();
  const client = await dial(t, door.port);
  client.send(bytesOf(sending));
  await until(() => bot.waiting === 1);
  client.leave();
  const repeat = send(t, door, sending);
  const other = behind(t, door);
  await until(() => bot.waiting === 2);
  bot.requests[0]?.req.socket.destroy();
  await until(() => bot.waiting === 3);
  bot.open();
  assert.match(await repeat, /ok$/);
  await other;
  assert.deepEqual(door.refusals(), []);
});

test('a repeat whose client disconnects does not affect its original', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  door.be('ready', bot.port);
  const sending = message();
  const first = send(t, door, sending);
  await until(() => bot.waiting === 1);
  const client = await dial(t, door.port);
  client.send(bytesOf(sending));
  const last = send(t, door, sending);
  client.leave();
  await client.closed;
  await bot.answer();
  assert.deepEqual([statusOf(await first), statusOf(await last)], [200, 200]);
  await untilIdle(door.door, 'inbox');
  assert.equal(bot.requests.length, 1);
  assert.deepEqual(door.refusals(), []);
});

test('a window is over: the same delivery is a new one', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  door.be('ready', bot.port);
  const sending = message();
  await send(t, door, sending);
  door.advance(599_000);
  await send(t, door, sending);
  assert.equal(bot.requests.length, 1);
  door.advance(2000);
  await send(t, door, sending);
  assert.equal(bot.requests.length, 2);
});
