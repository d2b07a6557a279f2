import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { githubIssue } from '../../support/senders.ts';
import { keyedRoute, statusOf, target } from '../support/door.ts';
import { gatedBot, spoolFolder, until, VERIFY } from '../support/spooling.ts';
import { rules, send } from '../support/verified.ts';

const SECRET = 'github-secret';

test('deliveries of one webhook id keep the order of each repository, and repositories do not wait for each other', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door({ rules: [rules('hooks', VERIFY)] });
  const bot = await gatedBot(t);
  const be = (state: 'down' | 'ready') =>
    door.supervisor.publish(
      [keyedRoute('hooks', 'github', { hook: ['100000001'] })],
      [target('hooks', bot.port, { state })],
    );
  be('down');
  for (const [repository, title] of [
    ['a/b', '1'],
    ['a/b', '2'],
    ['c/d', '3'],
  ] as const) {
    const sending = githubIssue({ secret: SECRET, repository, title });
    assert.equal(statusOf(await send(t, door, sending)), 202);
  }
  // Signed, and nothing that GitHub would send: routed by its head as ever.
  const body = '{"issue":';
  const odd = githubIssue({ secret: SECRET, repository: 'e/f', title: '4' });
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const headers = { ...odd.headers, 'X-Hub-Signature-256': signature };
  assert.equal(statusOf(await send(t, door, { ...odd, headers, body })), 202);

  be('ready');
  await until(() => bot.waiting === 3);
  const got = () =>
    bot.requests.map((request) => /"title":"(.)"/.exec(request.body.toString())?.[1] ?? 'odd');
  assert.deepEqual(got().sort(), ['1', '3', 'odd']);
  bot.open();
  await until(() => door.door.spool?.list().length === 0);
  assert.deepEqual(got().at(-1), '2');
});

test('a removed spool folder is made again for the next delivery', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door({ rules: [rules('hooks', VERIFY)] });
  door.supervisor.publish(
    [keyedRoute('hooks', 'github', { hook: ['100000001'] })],
    [target('hooks', 1, { state: 'down' })],
  );
  const say = async (title: string) =>
    statusOf(await send(t, door, githubIssue({ secret: SECRET, repository: 'a/b', title })));
  assert.equal(await say('1'), 202);
  for (const removed of ['', 'tmp', 'new']) {
    await rm(join(folder.path, removed), { recursive: true });
    assert.equal(await say('2'), 202, removed);
    assert.equal(await say('3'), 202, removed);
  }
  assert.equal((await folder.names('new')).length, 2);
});
