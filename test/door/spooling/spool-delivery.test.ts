import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { nodeDisk } from '../../../src/door/spool/store/disk.ts';
import { type Sending, slackForm, telegramMessage } from '../../support/senders.ts';
import { appRoute, freePort, problemOf, startBot, statusOf, target } from '../support/door.ts';
import { dial } from '../support/raw.ts';
import {
  gatedBot,
  invoke,
  issue,
  type Message,
  message,
  slackMention,
  spoolFolder,
  texts,
  until,
  VERIFY,
} from '../support/spooling.ts';
import { bytesOf, rules, send } from '../support/verified.ts';
import { APP, withHeader } from '../verify/support.ts';

for (const state of ['pending', 'down'] as const) {
  test(`a verified message for a gateway that is ${state} is acknowledged, on the disk, and brought as it came`, async (t) => {
    const folder = await spoolFolder(t);
    const door = await folder.door();
    const bot = await startBot(t);
    const sending: Sending = {
      ...message({ text: 'Grüße\u0000 {"a" : 1}' }),
      path: '/api/messages?a=%2F&a=2',
    };
    const headers = { ...sending.headers, 'x-oDD': 'a  b', 'X-Request-Id': 'r-1', Host: 'Bots.example.com' };
    const odd = { ...sending, headers, body: `${sending.body}\r\n ` };

    door.be(state);
    const received = await send(t, door, odd);
    assert.match(received, /^HTTP\/1\.1 202 /);
    assert.match(received, /\r\nX-Request-Id: r-1\r\n/);
    assert.match(received, /\r\n\r\n$/, 'an empty body');
    const [name = '', ...others] = await folder.names('new');
    assert.deepEqual(others, []);
    assert.ok((await readFile(join(folder.path, 'new', name))).includes(odd.body));
    const paths = [folder.path, join(folder.path, 'new'), join(folder.path, 'new', name)];
    const modes = paths.map((path) => stat(path));
    assert.deepEqual(
      (await Promise.all(modes)).map(({ mode }) => (mode & 0o777).toString(8)),
      ['700', '700', '600'],
    );
    assert.equal(door.spooled(), 1);

    door.be('ready', bot.port);
    await door.drained();
    assert.deepEqual(await folder.names('new'), []);
    // The same to a gateway that is there: nothing shows that one of them has waited.
    const direct = { ...odd, body: odd.body.replace('"m-', '"n-') };
    assert.equal(statusOf(await send(t, door, direct)), 200);
    const [waited, went] = bot.requests;
    assert.deepEqual(waited?.body, Buffer.from(odd.body));
    assert.equal(waited?.req.url, odd.path);
    assert.deepEqual(waited?.req.rawHeaders, went?.req.rawHeaders);
    assert.equal(bot.requests.length, 2);
  });
}

test('a request that is unverified, synchronous or repeated by its sender is not acknowledged early', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  door.be('down');
  const slash = slackForm('slack-secret', { command: '/now', team_id: 'T1', api_app_id: 'A1' });
  for (const [what, sending] of Object.entries({
    invoke: invoke(),
    expectReplies: message({ fields: { deliveryMode: 'expectReplies' } }),
    'a mode of later days': message({ fields: { deliveryMode: 'later' } }),
    'a slash command': slash,
    'one that Telegram repeats': telegramMessage({ token: 'telegram-secret', text: 'hi' }),
  })) {
    const received = await send(t, door, sending);
    assert.equal(statusOf(received), 503, what);
    assert.equal(problemOf(received).code, 'GWPROXY_UPSTREAM_NOT_READY', what);
  }
  assert.equal(statusOf(await send(t, door, withHeader(message(), 'Authorization', 'Bearer a.b.c'))), 401);

  door.supervisor.rules = [rules('inbox', null)];
  door.be('down');
  assert.equal(statusOf(await send(t, door, message())), 503, 'nothing verifies it');
  door.supervisor.rules = [rules('inbox', VERIFY, 'direct')];
  door.be('down');
  assert.equal(statusOf(await send(t, door, message())), 503, 'delivery: direct');
  assert.deepEqual(await folder.names('new'), []);
});

test('what is not acknowledged early is held as ever', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door({ rules: [rules('inbox', VERIFY, 'direct')] });
  const bot = await startBot(t);
  const answer = send(t, door, message());
  await door.supervisor.called('ensureReady');
  assert.equal(door.door.stats().get('inbox')?.held, 1);
  door.be('ready', bot.port);
  assert.match(await answer, /\r\n\r\nok$/);
});

test('while anything is spooled the rest queues behind it, by conversation; what is synchronous passes', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  const say = (text: string, more: Message = {}) => send(t, door, message({ text, ...more }));
  assert.equal(statusOf(await say('a1')), 202);
  door.be('ready', bot.port);
  await until(() => bot.waiting === 1);

  assert.equal(statusOf(await say('a2')), 202);
  assert.equal(statusOf(await say('b1', { conversation: 'a:2' })), 202);
  await until(() => bot.waiting === 2);
  const passing = send(t, door, message({ text: 'now', fields: { type: 'invoke' } }));
  await until(() => bot.waiting === 3);
  assert.deepEqual(texts(bot), ['a1', 'b1', 'now'], 'a2 waits for a1');

  await bot.answer();
  await until(() => bot.waiting === 3);
  assert.deepEqual(texts(bot).at(-1), 'a2');
  bot.open();
  assert.match(await passing, /\r\n\r\nok$/);
  await door.drained();
  assert.match(await say('a3'), /^HTTP\/1\.1 200 .*\r\n\r\nok$/s, 'by the gateway itself again');
  assert.deepEqual(texts(bot), ['a1', 'b1', 'now', 'a2', 'a3']);
  assert.deepEqual(
    door.events.filter(({ type }) => type === 'spool.drained'),
    [{ type: 'spool.drained', profile: 'inbox', delivered: 3 }],
  );
});

test('a gateway that comes and goes gets each conversation in order, and each message once', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t, (_req, res) => setImmediate(() => res.end('ok')));
  const conversations = ['a:1', 'a:2', 'a:3', 'a:4'];
  const COUNT = 40;
  const taken = new Map([
    [200, 0],
    [202, 0],
  ]);
  let speaking = conversations.length;
  let isReady = false;
  const speak = async (conversation: string) => {
    for (let count = 0; count < COUNT; count += 1) {
      // Or there would always be one to queue behind.
      if (count % 2 === 0) await until(() => !isReady || door.spooled() === 0);
      const status = statusOf(
        await send(t, door, message({ conversation, text: `${conversation} ${count}` })),
      );
      taken.set(status, (taken.get(status) ?? 0) + 1);
    }
    speaking -= 1;
  };
  const all = Promise.all(conversations.map(speak));
  let seen = 0;
  await until(() => {
    // Changes over once a few more were accepted in the present state.
    const now = taken.get(isReady ? 200 : 202) ?? 0;
    if (now >= seen + 3) {
      isReady = !isReady;
      seen = taken.get(isReady ? 200 : 202) ?? 0;
      door.be(isReady ? 'ready' : 'pending', bot.port);
    }
    return speaking === 0;
  });
  door.be('ready', bot.port);
  await Promise.all([all, door.drained()]);
  for (const conversation of conversations) {
    assert.deepEqual(
      texts(bot).filter((text) => text.startsWith(conversation)),
      Array.from({ length: COUNT }, (_, count) => `${conversation} ${count}`),
    );
  }
  assert.deepEqual([...taken.keys()], [200, 202], 'and nothing else');
  assert.ok(
    [...taken.values()].every((count) => count > 3),
    `some of them go either way: ${[...taken.values()]}`,
  );
});

test('what its credentials would not outlive is not acknowledged', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const outcome = async (sending: Sending) => statusOf(await send(t, door, sending));
  door.be('down');
  assert.equal(await outcome(slackMention('down')), 503, 'Slack repeats it, newly signed');
  assert.equal(await outcome(message({ expires: 300 })), 503);
  assert.equal(await outcome(issue('down')), 202, 'whose signature lasts');
  door.be('pending', 1, { retryAt: Date.now() + 280_000 });
  assert.equal(await outcome(slackMention('later')), 503);
  assert.equal(await outcome(message({ expires: 300 })), 503);
  assert.equal(await outcome(message({ expires: 400 })), 202);
  door.be('pending', 1, { retryAt: Date.now() + 60_000 });
  assert.equal(await outcome(slackMention('soon')), 200);
  assert.equal((await folder.names('new')).length, 3);
});

test('what expires while it waits is lost, loudly, and no gateway sees it', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  assert.equal(statusOf(await send(t, door, slackMention())), 200);
  door.advance(301_000);
  door.be('ready', bot.port);
  await door.drained();
  const lost = door.events.filter((event) => event.type === 'spool.lost');
  assert.deepEqual(
    lost.map(({ profile, platform, reason }) => [profile, platform, reason]),
    [['inbox', 'slack', 'expired']],
  );
  assert.doesNotMatch(JSON.stringify([door.events, door.door.spool?.list()]), /secret|v0=|mention/);
  assert.deepEqual([bot.requests.length, door.door.stats().get('inbox')?.lost], [0, 1]);
});

test('a full spool or a failing disk is 503, and the refused delivery is not delivered later', async (t) => {
  const folder = await spoolFolder(t);
  let fails = false;
  const door = await folder.door({
    limits: { countPerProfile: 1 },
    disk: {
      ...nodeDisk,
      syncFolder: (path) =>
        fails ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : nodeDisk.syncFolder(path),
    },
  });
  const bot = await startBot(t);
  fails = true;
  assert.equal(statusOf(await send(t, door, message({ text: 'unsynced' }))), 503);
  fails = false;
  assert.equal(statusOf(await send(t, door, message({ text: 'kept' }))), 202);
  const received = await send(t, door, message({ text: 'too much' }));
  assert.equal(statusOf(received), 503);
  assert.match(received, /\r\nRetry-After: 1\r\n/);
  assert.equal(problemOf(received).code, 'GWPROXY_OVERLOADED');
  assert.deepEqual(
    door.events.filter(({ type }) => type.startsWith('spool.')),
    [
      { type: 'spool.failed', profile: 'inbox', action: 'keep', reason: 'EIO', count: 1 },
      { type: 'spool.full', profile: 'inbox', refused: 1 },
    ],
  );
  door.be('ready', bot.port);
  await door.drained();
  assert.equal(statusOf(await send(t, door, message({ text: 'room again' }))), 200);
  assert.deepEqual(texts(bot), ['kept', 'room again']);
});

test('a new door on the same folder delivers what the last one spooled, once, and new deliveries after it', async (t) => {
  const folder = await spoolFolder(t);
  const one = await folder.door();
  const bot = await startBot(t);
  for (const text of ['1', '2', '3']) assert.equal(statusOf(await send(t, one, message({ text }))), 202);
  await one.door.close(0);
  assert.equal(bot.requests.length, 0);

  const two = await folder.door();
  assert.equal(two.spooled(), 3);
  two.be('ready', bot.port);
  assert.equal(statusOf(await send(t, two, message({ text: '4' }))), 202);
  await two.drained();
  await two.door.close(0);

  const three = await folder.door();
  three.be('ready', bot.port);
  assert.equal(three.spooled(), 0);
  assert.equal(statusOf(await send(t, three, message({ text: '5' }))), 200);
  assert.deepEqual(texts(bot), ['1', '2', '3', '4', '5']);
});

test('a door that closes lets what is under way end; at once, it stays spooled', async (t) => {
  const folder = await spoolFolder(t);
  const one = await folder.door();
  const bot = await gatedBot(t);
  for (const text of ['1', '2', '3']) await send(t, one, message({ text }));
  one.be('ready', bot.port);
  await until(() => bot.waiting === 1);
  const closing = one.door.close(60_000);
  await bot.answer();
  await closing;
  assert.deepEqual([texts(bot), (await folder.names('new')).length], [['1'], 2]);

  const two = await folder.door();
  two.be('ready', bot.port);
  await until(() => bot.waiting === 1);
  await two.door.close(0);
  assert.deepEqual([texts(bot), (await folder.names('new')).length], [['1', '2'], 2]);

  const three = await folder.door();
  bot.open();
  three.be('ready', bot.port);
  await three.drained();
  assert.deepEqual(texts(bot), ['1', '2', '2', '3'], 'nobody knows what became of 2');
});

test('a gateway that leaves routing is waited for with what the spool has there, and gets no more of it', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await gatedBot(t);
  for (const text of ['1', '2']) await send(t, door, message({ text }));
  door.be('ready', bot.port);
  await until(() => bot.waiting === 1);
  const loads = () => door.supervisor.of('load').map(({ generation, inFlight }) => [generation, inFlight]);
  door.be('pending');
  assert.deepEqual(loads(), [[1, 1]], 'told before it is applied');
  await bot.answer();
  await until(() => loads().length === 2);
  assert.deepEqual(loads().at(-1), [1, 0]);
  await until(() => door.spooled() === 1);
  assert.deepEqual(texts(bot), ['1']);
  bot.open();
  door.be('ready', bot.port, { generation: 2 });
  await door.drained();
  assert.deepEqual(texts(bot), ['1', '2']);
});

test('a door that is closed while it loads the spool does not listen', async (t) => {
  const folder = await spoolFolder(t);
  const one = await folder.door();
  await send(t, one, message());
  await one.door.close(0);
  let closed = (): void => {};
  const gate = new Promise<void>((resolve) => {
    closed = resolve;
  });
  let isLooking = false;
  const opening = folder.door({
    disk: {
      ...nodeDisk,
      list: async (path) => {
        isLooking = true;
        await gate;
        return nodeDisk.list(path);
      },
    },
    made: ({ close }) => {
      void until(() => isLooking)
        .then(() => close(0))
        .then(closed);
    },
  });
  await assert.rejects(opening, /closed/);
  assert.equal((await folder.names('new')).length, 1);
});

test('a sender that leaves while its message is written to the disk loses nothing', async (t) => {
  const folder = await spoolFolder(t);
  let write = (): void => {};
  const gate = new Promise<void>((resolve) => {
    write = resolve;
  });
  let isOpen = false;
  const door = await folder.door({
    disk: {
      ...nodeDisk,
      syncFolder: async (path) => {
        if (isOpen && path.endsWith('new')) await gate;
        await nodeDisk.syncFolder(path);
      },
    },
  });
  isOpen = true;
  const client = await dial(t, door.port);
  client.send(bytesOf(message({ text: 'left' })));
  await until(async () => (await folder.names('new')).length === 1);
  client.leave();
  const bot = await startBot(t);
  door.be('ready', bot.port);
  const next = send(t, door, message({ text: 'next' }));
  await until(() => door.spooled() === 2);
  write();
  assert.equal(statusOf(await next), 202);
  await door.drained();
  assert.deepEqual(texts(bot), ['left', 'next']);
  assert.deepEqual(door.refusals(), []);
});

test('deliveries of a removed profile become dead letters, and are delivered once it is back and the operator retries', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  await send(t, door, message({ text: 'kept' }));
  door.supervisor.rules = [];
  door.supervisor.publish([], []);
  assert.equal(statusOf(await send(t, door, message())), 404);
  const shown = () =>
    door.door.spool?.list().map(({ profile, state, reason }) => [profile, state, reason])[0];
  await until(() => shown()?.[1] === 'dead');
  assert.deepEqual(shown(), ['inbox', 'dead', 'no-route']);
  await door.door.close(0);

  const again = await folder.door({ rules: [] });
  again.supervisor.publish([], []);
  assert.equal(again.door.spool?.list().length, 1);
  // Whatever the rules are now: it was acknowledged.
  again.be('ready', bot.port);
  assert.equal(await again.door.spool?.retry({ all: true }), 1);
  await again.drained();
  assert.deepEqual(texts(bot), ['kept']);
});

test('rules that change leave what is spooled as it is', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  await send(t, door, message({ text: '1' }));
  door.supervisor.rules = [rules('inbox', VERIFY, 'direct')];
  door.be('down');
  assert.equal(statusOf(await send(t, door, message())), 503);
  door.supervisor.rules = [rules('inbox', VERIFY)];
  door.be('down');
  assert.equal(statusOf(await send(t, door, message({ text: '2' }))), 202);
  door.be('ready', bot.port);
  await door.drained();
  assert.deepEqual(texts(bot), ['1', '2']);
});

test('a connection that fails while the gateway is said to be ready keeps the message', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door();
  const bot = await startBot(t);
  door.be('ready', await freePort());
  assert.equal(statusOf(await send(t, door, message({ text: 'kept' }))), 202);
  assert.equal(door.supervisor.of('failed')[0]?.code, 'ECONNREFUSED');
  door.be('ready', bot.port, { generation: 2 });
  await door.drained();
  assert.deepEqual(texts(bot), ['kept']);
});

test('a spool that cannot be opened is reported, and everything else goes on', async (t) => {
  const folder = await spoolFolder(t);
  await mkdir(dirname(folder.path), { recursive: true });
  await writeFile(folder.path, 'no folder');
  const door = await folder.door();
  const unusable = door.events.filter((event) => event.type === 'spool.unusable');
  assert.match(unusable[0]?.reason ?? '', /EEXIST|ENOTDIR/);
  assert.equal(door.door.spool, null);
  door.be('down');
  assert.equal(statusOf(await send(t, door, message())), 503, 'nothing is acknowledged early');
  const bot = await startBot(t);
  door.be('ready', bot.port);
  assert.equal(statusOf(await send(t, door, message())), 200);
});

test('many deliveries under way leave no warning', async (t) => {
  const warnings: string[] = [];
  const warn = ({ message: text }: Error) => warnings.push(text);
  process.on('warning', warn);
  t.after(() => process.off('warning', warn));
  const folder = await spoolFolder(t);
  const names = ['one', 'two', 'three', 'four'];
  const door = await folder.door({ rules: names.map((name) => rules(name, VERIFY)) });
  const bot = await gatedBot(t);
  const routes = names.map((name) => appRoute(name, APP, `/${name}`));
  const be = (state: 'pending' | 'ready') =>
    door.supervisor.publish(
      routes,
      names.map((name) => target(name, bot.port, { state })),
    );
  be('pending');
  for (const name of names) {
    for (const conversation of ['a:1', 'a:2', 'a:3', 'a:4']) {
      const sending = { ...message({ conversation }), path: `/${name}` };
      assert.equal(statusOf(await send(t, door, sending)), 202);
    }
  }
  be('ready');
  await until(() => bot.waiting === 16);
  bot.open();
  await until(() => door.door.spool?.list().length === 0);
  assert.deepEqual(warnings, []);
});
