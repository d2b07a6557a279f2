import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import {
  discordPing,
  discordPublicKey,
  lineTrial,
  mixedActivity,
  senders,
  tokenKeys,
} from '../support/bots.ts';
import { type Gwproxy, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { type Answer, post, type Sending } from '../support/senders.ts';
import { listen } from '../support/sockets.ts';

/** The environment that every bot gets besides its own variables; it holds no secret. */
const BASE = ['HOME', 'LANG', 'LC_ALL', 'PATH', 'PORT', 'TMPDIR', 'TZ', 'USER'];

/** Serves the keys that sign the activities' tokens; returns the URL for the bot. */
async function startAuthority(t: TestContext): Promise<string> {
  const { path, keys } = tokenKeys();
  const server = createServer(({ url }, response) => {
    response.statusCode = url === path ? 200 : 404;
    response.end(keys);
  });
  return `http://127.0.0.1:${await listen(t, server)}`;
}

/** The answer to a request, and how many requests each bot got since the last one. */
type Send = (sending: Sending) => Promise<Answer & { readonly reached: Readonly<Record<string, number>> }>;

async function sendingTo(gwproxy: Gwproxy): Promise<Send> {
  const count = async () =>
    new Map((await gwproxy.status()).profiles.map(({ name, requests }) => [name, requests]));
  let before = await count();
  return async (sending) => {
    const answer = await post(gwproxy.url, sending);
    const now = await count();
    const since = [...now].map(([name, requests]) => [name, requests - (before.get(name) ?? 0)] as const);
    before = now;
    return { ...answer, reached: Object.fromEntries(since.filter(([, requests]) => requests > 0)) };
  };
}

function assertAnswer({ status, text }: Answer, wanted: number, says: RegExp): void {
  assert.equal(status, wanted, text);
  assert.match(text, says);
}

test("bots made with their senders' own SDKs behind one port", async (t) => {
  const authority = await startAuthority(t);
  const gwproxy = await startGwproxy(t, fixture('bots', 'gwproxy.yaml'), {
    BOT_FRAMEWORK_AUTHORITY: authority,
    DISCORD_PUBLIC_KEY: discordPublicKey(),
  });
  const all = senders(authority);
  await Promise.all(all.map(({ bot }) => gwproxy.ready(bot)));
  const send = await sendingTo(gwproxy);

  for (const { bot, environment, good, heard, refusals, stranger, strangerHears } of all) {
    await t.test(`${bot} takes what its sender signed`, async () => {
      const answer = await send(good);
      assertAnswer(answer, 200, heard);
      assert.deepEqual(answer.reached, { [bot]: 1 });
    });
    for (const { what, sending, status, says } of refusals) {
      await t.test(`${bot} itself refuses ${what}`, async () => {
        const answer = await send(sending);
        assertAnswer(answer, status, says);
        assert.deepEqual(answer.reached, { [bot]: 1 });
      });
    }
    await t.test(`a key that ${bot} does not claim reaches no bot`, async () => {
      const answer = await send(stranger);
      assert.equal(answer.status, strangerHears, answer.text);
      assert.deepEqual(answer.reached, {});
    });
    await t.test(`${bot} sees no other bot's secrets`, async () => {
      const said = gwproxy.output(bot).find((line) => line.startsWith('environment: ')) ?? '';
      const names = said.split(' ').slice(1);
      assert.deepEqual(
        names.filter((name) => !BASE.includes(name) && name !== 'GWPROXY_GATEWAY'),
        environment,
      );
    });
  }

  await t.test('what GitHub sent has reached its handler', async () => {
    await gwproxy.waitFor(
      'the issue in github-bot',
      (line) => line.profile === 'github-bot' && line.line === 'github-bot heard: hello',
    );
  });

  await t.test("an activity whose recipient and token name two bots is the door's to refuse", async () => {
    const answer = await send(mixedActivity(authority));
    assertAnswer(answer, 400, /GWPROXY_AMBIGUOUS_KEY/);
    assert.deepEqual(answer.reached, {});
  });

  await t.test(
    "Discord's PING is the bot's to answer, and to refuse where its signature is false",
    async () => {
      const pong = await send(discordPing('discord'));
      assertAnswer(pong, 200, /^{"type":1}$/);
      assert.equal(pong.headers.get('content-type'), 'application/json');
      assert.equal(pong.headers.get('x-answered-by'), 'discord-bot');
      assert.deepEqual(pong.reached, { 'discord-bot': 1 });

      // Discord sends such a request too when a URL is saved, and refuses a URL that accepts it.
      const refusal = await send(discordPing('a stranger'));
      assertAnswer(refusal, 401, /Invalid signature/);
      assert.equal(refusal.headers.get('x-answered-by'), 'discord-bot');
      assert.deepEqual(refusal.reached, { 'discord-bot': 1 });
    },
  );

  await t.test(
    "LINE's trial of the URL is the bot's to answer, and the door's where nobody claims it",
    async () => {
      const answer = await send(lineTrial());
      assertAnswer(answer, 200, /^line-bot heard nothing$/);
      assert.deepEqual(answer.reached, { 'line-bot': 1 });

      const unclaimed = await send(lineTrial('U0000000000000000000000000000000f'));
      assertAnswer(unclaimed, 200, /^$/);
      assert.deepEqual(unclaimed.reached, {});
    },
  );
});
