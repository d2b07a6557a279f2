import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { VerifyRules } from '../../../src/config/types.ts';
import { readJwks } from '../../../src/jwks.ts';
import type { Route } from '../../../src/routing/route.ts';
import {
  activity,
  discordInteraction,
  githubIssue,
  lineEvent,
  type Sending,
  slackEvent,
  slackForm,
  telegramMessage,
  twilioMessage,
} from '../../support/senders.ts';
import {
  type Bot,
  keyedRoute,
  pathRoute,
  problemOf,
  startBot,
  startDoor,
  statusOf,
  type TestDoor,
  target,
} from '../support/door.ts';
import { dial } from '../support/raw.ts';
import { rules, send } from '../support/verified.ts';
import { APP, authTokens, jwks, signingKey, token, tokenRules, withHeader } from '../verify/support.ts';

// Every way by which a request reaches a profile that verifies its senders: by path, by host, by /p/, by a header, as a
// fallback, and as a WebSocket.

const PUBLIC = { href: 'https://bots.example.com', proto: 'https', host: 'bots.example.com' } as const;
const discordKey = generateKeyPairSync('ed25519');
const tokenKey = signingKey('key-1');

function tokenKeys() {
  const read = readJwks(jwks(tokenKey));
  assert.ok(read.ok);
  return read.keys;
}

/** A sender's request: proved, and as an attacker would send it, with and without the mark of its sender. */
interface Case {
  readonly verify: Partial<VerifyRules>;
  readonly good: Sending;
  readonly bad: readonly Sending[];
}

function without(sending: Sending, ...names: readonly string[]): Sending {
  const headers = Object.entries(sending.headers).filter(([name]) => !names.includes(name));
  return { ...sending, headers: Object.fromEntries(headers) };
}

function meta(secret: string): Sending {
  const body = JSON.stringify({ object: 'page', entry: [{ id: '1' }] });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` };
  return { path: '/meta', body, headers };
}

function graph(clientState: string): Sending {
  const body = JSON.stringify({ value: [{ subscriptionId: 's', clientState }] });
  return { path: '/graph', body, headers: { 'Content-Type': 'application/json' } };
}

const slack = (secret: string) => slackEvent({ secret, team: 'T1', app: 'A1', text: 'hi' });
const github = (secret: string) => githubIssue({ secret, repository: 'a/b', title: 'hi' });
const line = (secret: string) => lineEvent({ secret, destination: 'U1', text: 'hi' });
const telegram = (secret: string) => telegramMessage({ token: secret, text: 'hi' });
const discord = (key: typeof discordKey.privateKey) => discordInteraction({ key, application: '1' });
const twilio = (secret: string) =>
  twilioMessage({ token: secret, host: 'bots.example.com', target: '/sms', to: '1', text: 'hi' });
const bearing = (bearer: string) =>
  withHeader(activity({ app: APP, text: 'hi' }), 'Authorization', `Bearer ${bearer}`);

const SLACK_MARKS = ['X-Slack-Signature', 'X-Slack-Request-Timestamp'] as const;

const CASES: Readonly<Record<string, Case>> = {
  slack: {
    verify: { slack: ['right'] },
    good: slack('right'),
    bad: [
      slack('wrong'),
      without(slack('right'), ...SLACK_MARKS),
      without(slackForm('right', { command: '/x', team_id: 'T1' }), ...SLACK_MARKS),
    ],
  },
  github: { verify: { github: ['right'] }, good: github('right'), bad: [github('wrong')] },
  line: {
    verify: { line: ['right'] },
    good: line('right'),
    bad: [line('wrong'), without(line('right'), 'X-Line-Signature')],
  },
  meta: {
    verify: { meta: ['right'] },
    good: meta('right'),
    bad: [meta('wrong'), without(meta('right'), 'X-Hub-Signature-256')],
  },
  telegram: {
    verify: { telegram: ['right'] },
    good: telegram('right'),
    bad: [telegram('wrong'), without(telegram('right'), 'X-Telegram-Bot-Api-Secret-Token')],
  },
  twilio: {
    verify: { twilio: authTokens(['right']) },
    good: twilio('right'),
    bad: [twilio('wrong'), without(twilio('right'), 'X-Twilio-Signature')],
  },
  discord: {
    verify: { discord: [publicKey()] },
    good: discord(discordKey.privateKey),
    bad: [
      discord(generateKeyPairSync('ed25519').privateKey),
      without(discord(discordKey.privateKey), 'X-Signature-Ed25519', 'X-Signature-Timestamp'),
    ],
  },
  graph: { verify: { graph: ['right'] }, good: graph('right'), bad: [graph('wrong')] },
  'bot-framework': {
    verify: { botFramework: tokenRules({ keys: { kind: 'file', keys: tokenKeys() } }) },
    good: bearing(token(tokenKey)),
    bad: [activity({ app: APP, text: 'hi' }), bearing(token(signingKey('key-1')))],
  },
};

function publicKey(): string {
  return Buffer.from(discordKey.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
}

/** Ways to the profile `a` that name no sender. */
const WAYS: Readonly<Record<string, readonly Route[]>> = {
  'a path': [pathRoute('a')],
  'a host': [{ ...pathRoute('a'), host: 'bots.example.com' }],
  'a fallback': [keyedRoute('b', 'zoom', { account: ['1'] }), { ...pathRoute('a'), fallback: true }],
  'a header': [keyedRoute('a', 'custom', { 'header:host-of-test': ['x'] })],
};

async function start(
  t: TestContext,
  verify: Partial<VerifyRules>,
  routes: readonly Route[],
): Promise<{ readonly bot: Bot; readonly door: TestDoor }> {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes,
    targets: [target('a', bot.port)],
    rules: [rules('a', verify)],
    publicUrl: PUBLIC,
  });
  return { bot, door };
}

for (const [sender, { verify, good, bad }] of Object.entries(CASES)) {
  test(`what a gateway may take for a request of ${sender} is verified on every way`, async (t) => {
    for (const [way, routes] of Object.entries(WAYS)) {
      const { bot, door } = await start(t, verify, routes);
      const through = (sending: Sending) => withHeader(sending, 'Host-Of-Test', 'x');
      assert.equal(statusOf(await send(t, door, through(good))), 200, way);
      for (const [index, one] of bad.entries()) {
        const answer = await send(t, door, through(one));
        assert.equal(statusOf(answer), 401, `${way}, ${index}`);
        assert.equal(problemOf(answer).code, 'GWPROXY_UNVERIFIED');
      }
      assert.equal(bot.requests.length, 1, way);
      assert.equal(bot.requests[0]?.body.toString(), good.body);
    }
  });
}

test('/p/ is a way too, and its prefix is in the signed URL', async (t) => {
  const { bot, door } = await start(t, { slack: ['right'], twilio: authTokens(['right']) }, [
    pathRoute('a', '/p/a', true),
  ]);
  const at = (sending: Sending, path: string) => ({ ...sending, path });
  assert.equal(statusOf(await send(t, door, at(slack('wrong'), '/p/a/slack'))), 401);
  assert.equal(statusOf(await send(t, door, at(slack('right'), '/p/a/slack'))), 200);
  const sms = { token: 'right', host: 'bots.example.com', target: '/p/a/sms', to: '1', text: 'hi' };
  assert.equal(statusOf(await send(t, door, twilioMessage(sms))), 200);
  assert.equal(bot.requests.length, 2);
});

test('a route with `unverified: allow` asks for no proof, and others of the profile do', async (t) => {
  const { bot, door } = await start(t, { slack: ['right'] }, [
    { ...pathRoute('a', '/open'), unverified: true },
    { ...keyedRoute('a', 'slack', { team: ['T1'] }, '/keyed'), unverified: true },
    pathRoute('a', '/closed'),
  ]);
  const at = (path: string) => ({ ...slack('wrong'), path });
  assert.equal(statusOf(await send(t, door, at('/open/slack'))), 200);
  assert.equal(statusOf(await send(t, door, at('/keyed'))), 200);
  assert.equal(statusOf(await send(t, door, at('/closed/slack'))), 401);
  assert.equal(bot.requests.length, 2);
});

test('what can be no verified sender’s passes unread, and a body that cannot be read is refused', async (t) => {
  const { bot, door } = await start(t, { slack: ['right'] }, [pathRoute('a')]);
  const upload = {
    path: '/x',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: 'x'.repeat(100),
  };
  assert.equal(statusOf(await send(t, door, upload)), 200);
  assert.equal(statusOf(await send(t, door, { path: '/x', headers: {}, body: '' }, 'GET')), 200);
  assert.equal(statusOf(await send(t, door, { path: '/x', headers: {}, body: '' })), 200);
  const other = { path: '/x', headers: { 'Content-Type': 'application/json' }, body: '{"hello":1}' };
  assert.equal(statusOf(await send(t, door, other)), 200);
  // A gateway may decode it, or read it as JSON all the same.
  const gzip = `POST /x HTTP/1.1\r\nHost: bots.example.com\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n`;
  const body = gzipSync(slack('wrong').body);
  const encoded = Buffer.concat([Buffer.from(`${gzip}Content-Length: ${body.length}\r\n\r\n`), body]);
  assert.equal(statusOf(await (await dial(t, door.port)).send(encoded).end()), 415);
  assert.equal(statusOf(await send(t, door, { path: '/x', headers: {}, body: '{}' })), 400);
  assert.equal(bot.requests.length, 4);
});

test('a test of the URL is answered by the door, as it is where the sender’s key routes', async (t) => {
  const { bot, door } = await start(t, { graph: ['right'], slack: ['right'] }, [
    pathRoute('a', '/p/a', true),
  ]);
  const validation = { path: '/p/a/graph?validationToken=abc', headers: {}, body: '' };
  assert.match(await send(t, door, validation), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nabc$/);
  const check = without(slackForm('any', { ssl_check: '1', token: 'x' }), ...SLACK_MARKS);
  assert.equal(statusOf(await send(t, door, { ...check, path: '/p/a/slack' })), 200);
  assert.equal(bot.requests.length, 0, 'an SDK takes a form with ssl_check without a signature');
});

test('another sender’s key is no way around, unless that sender imitates the verified one', async (t) => {
  const routes = [
    keyedRoute('a', 'zoom', { account: ['1'] }),
    keyedRoute('a', 'mattermost', { team: ['teamteamteamteamteamteam01'] }),
  ];
  const { bot, door } = await start(t, { slack: ['right'] }, routes);
  const zoom = { event: 'meeting.started', payload: { account_id: '1' } };
  const headers = { 'Content-Type': 'application/json' };
  const sent = (body: object) => ({ path: '/x', headers, body: JSON.stringify(body) });
  assert.equal(statusOf(await send(t, door, sent(zoom))), 200);
  const both = { ...zoom, type: 'event_callback', team_id: 'T1', event_id: 'Ev0AAAAAAA1' };
  assert.equal(statusOf(await send(t, door, sent(both))), 401);
  const id = (name: string) => name.padEnd(26, '0');
  const command = {
    command: '/x',
    team_id: 'teamteamteamteamteamteam01',
    channel_id: id('c'),
    user_id: id('u'),
  };
  const form = { path: '/x', body: new URLSearchParams(command).toString() };
  const formType = { 'Content-Type': 'application/x-www-form-urlencoded' };
  assert.equal(statusOf(await send(t, door, { ...form, headers: formType })), 200);
  assert.equal(bot.requests.length, 2);
});

test('a WebSocket that bears a sender’s mark is verified over its own URL', async (t) => {
  const { bot, door } = await start(t, { twilio: authTokens(['right']), telegram: ['right'] }, [
    pathRoute('a'),
  ]);
  bot.server.on('upgrade', (_req, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  const upgrade = async (header: string) => {
    const ask = `GET /stream HTTP/1.1\r\nHost: bots.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${header}\r\n`;
    return statusOf(await (await dial(t, door.port)).send(ask).end());
  };
  const signature = (secret: string) =>
    createHmac('sha1', secret).update('wss://bots.example.com/stream').digest('base64');
  assert.equal(await upgrade(''), 101);
  assert.equal(await upgrade(`X-Twilio-Signature: ${signature('right')}\r\n`), 101);
  assert.equal(await upgrade(`X-Twilio-Signature: ${signature('wrong')}\r\n`), 401);
  assert.equal(await upgrade('X-Telegram-Bot-Api-Secret-Token: wrong\r\n'), 401);
});

test('Gitea’s requests are verified by its own secret, or else by GitHub’s, whose marks they have', async (t) => {
  const gitea = (secret: string) => {
    const signature = createHmac('sha256', secret).update(github('right').body).digest('hex');
    return withHeader(withHeader(github('other'), 'X-Gitea-Event', 'issues'), 'X-Gitea-Signature', signature);
  };
  const both = await start(t, { github: ['right'], gitea: ['forge'] }, [pathRoute('a')]);
  assert.equal(statusOf(await send(t, both.door, gitea('forge'))), 200);
  assert.equal(statusOf(await send(t, both.door, gitea('right'))), 401);
  assert.equal(statusOf(await send(t, both.door, github('right'))), 200);
  const alone = await start(t, { github: ['right'] }, [
    pathRoute('a', '/path'),
    keyedRoute('a', 'gitea', { repository: ['a/b'] }),
  ]);
  const marked = withHeader(github('wrong'), 'X-Gitea-Event', 'issues');
  assert.equal(
    statusOf(await send(t, alone.door, { ...marked, path: '/path' })),
    401,
    'a mark more is no way around',
  );
  assert.equal(statusOf(await send(t, alone.door, marked)), 200, 'the gitea route is verified by no rule');
});

test('what Mattermost never sends is asked for the proof of Slack, also where its own route claims it', async (t) => {
  const bot = await startBot(t);
  const id = 'a'.repeat(26);
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'mattermost', { team: [id] })],
    targets: [target('a', bot.port)],
    rules: [rules('a', { slack: ['right'] })],
  });
  const ids = { team_id: id, channel_id: id, user_id: id };
  const json = { 'Content-Type': 'application/json' };
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const command = new URLSearchParams({ ...ids, token: id, command: '/x' }).toString();
  const payload = JSON.stringify({ type: 'block_actions', user: { id: 'U1' }, team: { id: 'T1' } });
  const sendings: readonly (readonly [number, Sending])[] = [
    [200, { path: '/', headers: form, body: command }],
    [200, { path: '/', headers: json, body: JSON.stringify({ ...ids, trigger_id: 'x', type: '' }) }],
    [401, { path: '/', headers: { ...form, 'X-Slack-Signature': 'v0=00' }, body: command }],
    [401, { path: '/', headers: form, body: new URLSearchParams({ ...ids, payload }).toString() }],
    [
      401,
      {
        path: '/',
        headers: json,
        body: JSON.stringify({
          ...ids,
          type: 'event_callback',
          api_app_id: 'A1',
          event: { type: 'message' },
        }),
      },
    ],
  ];
  for (const [status, sending] of sendings) {
    assert.equal(statusOf(await send(t, door, sending)), status, sending.body);
  }
  assert.equal(bot.requests.length, 2);
});
