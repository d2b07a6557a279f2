import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { readJwks } from '../../../src/jwks.ts';
import {
  activity,
  discordInteraction,
  githubIssue,
  type Sending,
  slackEvent,
  telegramMessage,
  twilioMessage,
} from '../../support/senders.ts';
import {
  appRoute,
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
import { dial, portOf } from '../support/raw.ts';
import { rules, send } from '../support/verified.ts';
import { APP, authTokens, jwks, signingKey, token, tokenRules, withHeader } from '../verify/support.ts';

const PUBLIC = { href: 'https://bots.example.com', proto: 'https', host: 'bots.example.com' } as const;

/** A door in front of one bot that reads GitHub's webhooks and verifies them by 'right'. */
async function github(t: TestContext): Promise<{ readonly bot: Bot; readonly door: TestDoor }> {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'github', { repository: ['a/b'] })],
    targets: [target('a', bot.port)],
    rules: [rules('a', { github: ['right'] })],
  });
  return { bot, door };
}

const issue = (secret: string) => githubIssue({ secret, repository: 'a/b', title: 'hi' });

test('a verified request reaches the gateway byte for byte; an unverified one gets 401 and reaches no gateway', async (t) => {
  const { bot, door } = await github(t);
  assert.equal(statusOf(await send(t, door, issue('right'))), 200);
  assert.equal(bot.requests[0]?.body.toString(), issue('right').body);
  const received = await send(t, door, issue('wrong'));
  assert.equal(statusOf(received), 401);
  assert.equal(problemOf(received).code, 'GWPROXY_UNVERIFIED');
  assert.doesNotMatch(received, /Signature|secret|right|WWW-Authenticate/i, 'the sender hears no reason');
  assert.equal(bot.requests.length, 1);
  assert.equal(door.door.stats().get('a')?.requests, 1, 'nor does it count as one');
});

test('the report names the reason and the profile, and no secret', async (t) => {
  const { door } = await github(t);
  await send(t, door, issue('wrong'));
  const [refusal] = door.refusals();
  assert.deepEqual(
    [refusal?.code, refusal?.profile, refusal?.cause],
    ['GWPROXY_UNVERIFIED', 'a', 'X-Hub-Signature-256 matches none of the secrets'],
  );
  assert.doesNotMatch(JSON.stringify(door.events), /right|wrong/);
});

test('nothing of what is not verified starts or waits for a gateway', async (t) => {
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'github', { repository: ['a/b'] })],
    targets: [target('a', 1, { state: 'pending' })],
    rules: [rules('a', { github: ['right'] })],
  });
  assert.equal(statusOf(await send(t, door, issue('wrong'))), 401);
  assert.deepEqual(door.supervisor.of('ensureReady'), []);
});

test('a sender without an entry passes, and so does every sender of a profile without rules', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [
      keyedRoute('a', 'github', { repository: ['a/b'] }),
      keyedRoute('a', 'slack', { team: ['T1'] }),
      keyedRoute('b', 'github', { repository: ['b/b'] }),
      pathRoute('a', '/path'),
    ],
    targets: [target('a', bot.port), target('b', bot.port)],
    rules: [rules('a', { github: ['right'] }), rules('b', null)],
  });
  const event = slackEvent({ secret: 'any', team: 'T1', app: 'A1', text: 'hi' });
  assert.equal(statusOf(await send(t, door, event)), 200);
  assert.equal(
    statusOf(await send(t, door, githubIssue({ secret: 'any', repository: 'b/b', title: '' }))),
    200,
  );
  assert.equal(statusOf(await send(t, door, { path: '/path', headers: {}, body: 'anything' })), 200);
  assert.equal(statusOf(await send(t, door, issue('any'))), 401);
});

test('a body that the head routes is read for its signature, whole and bounded', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'github', { hook: ['100000001'] })],
    targets: [target('a', bot.port)],
    rules: [rules('a', { github: ['right'] })],
    limits: { body: 500 },
  });
  assert.equal(statusOf(await send(t, door, issue('right'))), 200);
  assert.equal(statusOf(await send(t, door, issue('wrong'))), 401);
  const long = githubIssue({ secret: 'right', repository: 'a/b', title: 'x'.repeat(500) });
  assert.equal(statusOf(await send(t, door, long)), 413);
  assert.equal(bot.requests.length, 1);
});

test('a fallback route accepts only verified requests', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [keyedRoute('b', 'github', { repository: ['b/b'] }), { ...pathRoute('a'), fallback: true }],
    targets: [target('a', bot.port)],
    rules: [rules('a', { github: ['right'] })],
  });
  assert.equal(statusOf(await send(t, door, issue('wrong'))), 401);
  assert.equal(statusOf(await send(t, door, issue('right'))), 200);
});

test('a body of Telegram’s streams past its verification', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'telegram', { secret_token: ['one', 'two'] })],
    targets: [target('a', bot.port)],
    rules: [rules('a', { telegram: ['one'] })],
    limits: { body: 10 },
  });
  const of = (secret: string) => telegramMessage({ token: secret, text: 'longer than is held' });
  assert.equal(statusOf(await send(t, door, of('one'))), 200);
  assert.equal(statusOf(await send(t, door, of('two'))), 401);
});

test('Twilio’s URL is below public_url, or at the host that the route names', async (t) => {
  const bot = await startBot(t);
  const route = keyedRoute('a', 'twilio', { to: ['1'] });
  const door = await startDoor(t, {
    routes: [route, { ...keyedRoute('b', 'twilio', { to: ['1'] }), host: 'sms.example.com' }],
    targets: [target('a', bot.port), target('b', bot.port)],
    rules: [rules('a', { twilio: authTokens(['right']) }), rules('b', { twilio: authTokens(['right']) })],
    publicUrl: PUBLIC,
  });
  const of = (host: string, path = '/sms?a=b%20c') =>
    twilioMessage({ token: 'right', host, target: path, to: '1', text: 'hi' });
  const through = (sending: Sending, Host: string) => ({ ...sending, headers: { ...sending.headers, Host } });
  assert.equal(statusOf(await send(t, door, of('bots.example.com'))), 200);
  assert.equal(statusOf(await send(t, door, of('bots.example.com', '/sms?'))), 200);
  assert.equal(statusOf(await send(t, door, through(of('bots.example.com'), 'tunnel.internal'))), 200);
  assert.equal(statusOf(await send(t, door, through(of('evil.example'), 'bots.example.com'))), 401);
  assert.equal(statusOf(await send(t, door, of('sms.example.com'))), 200);
  assert.equal(statusOf(await send(t, door, through(of('bots.example.com'), 'sms.example.com'))), 401);
});

test('the subscription of Meta’s passes by its verify_token, its messages by their signature', async (t) => {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [
      keyedRoute('a', 'whatsapp', { verify_token: ['tok'] }),
      keyedRoute('a', 'whatsapp', { account: ['1'] }),
    ],
    targets: [target('a', bot.port)],
    rules: [rules('a', { meta: ['right'] })],
  });
  const path = '/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token=tok';
  assert.equal(statusOf(await send(t, door, { path, headers: {}, body: '' }, 'GET')), 200);
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [] }] });
  const headers = { 'Content-Type': 'application/json' };
  assert.equal(statusOf(await send(t, door, { path: '/meta', headers, body })), 401);
});

test('the validation of Graph’s is answered, since it has no client state yet', async (t) => {
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'graph', { subscription: ['s'] })],
    targets: [],
    rules: [rules('a', { graph: ['state'] })],
  });
  const validation = { path: '/graph?validationToken=abc', headers: {}, body: '' };
  assert.equal(statusOf(await send(t, door, validation)), 200);
});

/** Notifications of Graph's for these subscriptions, each with its client state. */
function notifications(states: Readonly<Record<string, string>>): Sending {
  const value = Object.entries(states).map(([subscriptionId, clientState]) => ({
    subscriptionId,
    clientState,
  }));
  return { path: '/graph', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ value }) };
}

test('every notification of a shared batch is verified by the rules of the profiles that share it', async (t) => {
  const one = await startBot(t);
  const two = await startBot(t);
  const shared = (profile: string, subscription: string) => ({
    ...keyedRoute(profile, 'graph', { subscription: [subscription] }),
    fanOut: true,
  });
  const door = await startDoor(t, {
    routes: [shared('one', 's1'), shared('two', 's2')],
    targets: [target('one', one.port), target('two', two.port)],
    rules: [rules('one', { graph: ['state-1'] }), rules('two', { graph: ['state-2'] })],
  });
  assert.equal(statusOf(await send(t, door, notifications({ s1: 'state-1', s2: 'state-2' }))), 200);
  assert.deepEqual([one.requests.length, two.requests.length], [1, 1]);
  for (const bad of [
    { s1: 'state-1', s2: 'wrong' },
    { s1: 'wrong', s2: 'state-2' },
    { s1: 'state-1', s2: 'state-2', s3: 'unclaimed' },
  ]) {
    assert.equal(statusOf(await send(t, door, notifications(bad))), 401, JSON.stringify(bad));
  }
  assert.deepEqual([one.requests.length, two.requests.length], [1, 1], 'none of them gets any of it');
});

test('of a batch of Meta’s the signature is right by every profile that verifies it', async (t) => {
  const bot = await startBot(t);
  const shared = (profile: string, page: string) => ({
    ...keyedRoute(profile, 'messenger', { page: [page] }),
    fanOut: true,
  });
  const door = await startDoor(t, {
    routes: [shared('one', '1'), shared('two', '2')],
    targets: [target('one', bot.port), target('two', bot.port)],
    rules: [rules('one', null), rules('two', { meta: ['right'] })],
  });
  const body = JSON.stringify({ object: 'page', entry: [{ id: '1' }, { id: '2' }] });
  const batch = { path: '/meta', headers: { 'Content-Type': 'application/json' }, body };
  assert.equal(statusOf(await send(t, door, batch)), 401);
  assert.equal(bot.requests.length, 0);
});

test('rules that change hold from the next request on, also when only they change', async (t) => {
  const { bot, door } = await github(t);
  assert.equal(statusOf(await send(t, door, issue('right'))), 200);
  door.supervisor.rules = [rules('a', { github: ['new'] })];
  const routes = [keyedRoute('a', 'github', { repository: ['a/b'] })];
  door.supervisor.publish(routes, [target('a', bot.port)], true);
  assert.equal(statusOf(await send(t, door, issue('right'))), 401);
  assert.equal(statusOf(await send(t, door, issue('new'))), 200);
});

test('a ping of Discord’s with a wrong signature gets the 401 that Discord wants', async (t) => {
  const right = generateKeyPairSync('ed25519');
  const hex = Buffer.from(right.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [keyedRoute('a', 'discord', { application: ['1'] })],
    targets: [target('a', bot.port)],
    rules: [rules('a', { discord: [hex] })],
  });
  const ping = (key: typeof right.privateKey) => discordInteraction({ key, application: '1' });
  assert.equal(statusOf(await send(t, door, ping(right.privateKey))), 200);
  assert.equal(statusOf(await send(t, door, ping(generateKeyPairSync('ed25519').privateKey))), 401);
});

const KEY = signingKey('key-1');

function bearing(bearer: string): Sending {
  return withHeader(activity({ app: APP, text: 'hi' }), 'Authorization', `Bearer ${bearer}`);
}

test('activities are verified by the keys of a file, and a 401 has a Bearer challenge', async (t) => {
  const read = readJwks(jwks(KEY));
  assert.ok(read.ok);
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    rules: [rules('a', { botFramework: tokenRules({ keys: { kind: 'file', keys: read.keys } }) })],
  });
  assert.equal(statusOf(await send(t, door, bearing(token(KEY)))), 200);
  const refused = await send(t, door, bearing(token(signingKey('key-1'))));
  assert.equal(statusOf(refused), 401);
  assert.match(refused, /\r\nWWW-Authenticate: Bearer\r\n/);
  assert.equal(statusOf(await send(t, door, activity({ app: APP, text: 'hi' }))), 401);
});

/** A server of one answer, given when the test says so. */
async function keyServer(t: TestContext) {
  let give = (_status: number, _body: string): void => {};
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer((_req, res) => {
    give = (status, body) => void res.writeHead(status).end(body);
    asked();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${portOf(server)}/keys`;
  return { url, isAsked, give: (status: number, body: string) => give(status, body) };
}

async function fetching(t: TestContext) {
  const keys = await keyServer(t);
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    rules: [rules('a', { botFramework: tokenRules({ keys: { kind: 'url', url: keys.url } }) })],
  });
  return { keys, bot, door };
}

test('keys are fetched while the request waits', async (t) => {
  const { keys, door } = await fetching(t);
  const answer = send(t, door, bearing(token(KEY)));
  await keys.isAsked;
  keys.give(200, jwks(KEY));
  assert.equal(statusOf(await answer), 200);
});

test('if keys cannot be fetched the sender gets 503 with Retry-After, and the operator the reason', async (t) => {
  const { keys, bot, door } = await fetching(t);
  const answer = send(t, door, bearing(token(KEY)));
  await keys.isAsked;
  keys.give(500, '');
  const received = await answer;
  assert.equal(statusOf(received), 503);
  assert.equal(problemOf(received).code, 'GWPROXY_UPSTREAM_NOT_READY');
  assert.match(received, /\r\nRetry-After: 5\r\n/);
  assert.ok(!received.includes(keys.url));
  assert.match(door.refusals()[0]?.cause ?? '', /its keys cannot be fetched from .*: the answer is 500/);
  assert.equal(bot.requests.length, 0);
});

test('a client that leaves while keys are fetched is gone for good', async (t) => {
  const { keys, bot, door } = await fetching(t);
  const client = await dial(t, door.port);
  const { body, headers } = bearing(token(KEY));
  client.send(
    `POST /api/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nAuthorization: ${headers['Authorization']}\r\n\r\n${body}`,
  );
  await keys.isAsked;
  client.leave();
  // The door has seen the end of a connection before it answers one that came after it.
  assert.equal(statusOf(await send(t, door, { path: '/', headers: {}, body: '' }, 'GET')), 404);
  keys.give(200, jwks(KEY));
  assert.equal(statusOf(await send(t, door, bearing(token(KEY)))), 200);
  assert.equal(bot.requests.length, 1);
  assert.ok(door.refusals().every(({ code }) => code === 'GWPROXY_NO_ROUTE'));
});
