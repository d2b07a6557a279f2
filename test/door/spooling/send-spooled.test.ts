import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { DoorContext } from '../../../src/door/context.ts';
import type { RuleSet } from '../../../src/door/match/rule-set.ts';
import type { SpoolRequest } from '../../../src/door/spool/store/spooled-delivery.ts';
import { readinessOf, sendSpooled } from '../../../src/door/spooling/send-spooled.ts';
import { Counters } from '../../../src/door/upstream/counters.ts';
import { Leases } from '../../../src/door/upstream/leases.ts';
import { Upstreams } from '../../../src/door/upstream/upstreams.ts';
import { KeyStore } from '../../../src/door/verify/tokens/key-store.ts';
import { Verifiers } from '../../../src/door/verify/verifiers.ts';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { compileRoutes, type RouteTable } from '../../../src/routing/table/table.ts';
import type { Target } from '../../../src/snapshot.ts';
import { LoopShare } from '../../../src/util/loop-share.ts';
import { Timers } from '../../../src/util/timers.ts';
import { request } from '../spool/support/requests.ts';
import {
  FakeSupervisor,
  freePort,
  keyedRoute,
  LIMITS,
  pathRoute,
  startBot,
  target,
} from '../support/door.ts';
import { rawUpstream } from '../support/raw.ts';

interface Sender {
  readonly context: Pick<
    DoorContext,
    'upstreams' | 'supervisor' | 'leases' | 'now' | 'counters' | 'ruleSet' | 'limits' | 'loop' | 'timers'
  >;
  readonly supervisor: FakeSupervisor;
  readonly abort: AbortController;
}

function ruleSetOf(table: RouteTable): () => RuleSet {
  const ruleSet = { table, verifiers: new Verifiers([], new KeyStore(Date.now)) };
  return () => ruleSet;
}

/** What those context give to 'inbox'. */
function hook(changes: Partial<SpoolRequest> = {}): SpoolRequest {
  const { headers } = request();
  const proof = ['X-GitHub-Event', 'push', 'X-GitHub-Delivery', 'of-a-test', 'X-GitHub-Hook-ID', '101'];
  return request({
    platform: 'github',
    headers: ['Host', 'bots.example.com', ...proof, ...headers],
    ...changes,
  });
}

/** A door's context without its listener. */
function senderTo(t: TestContext, ...targets: readonly Target[]): Sender {
  const supervisor = new FakeSupervisor();
  const timers = new Timers();
  const counters = new Counters(LIMITS);
  const now = Date.now;
  const limits = { ...LIMITS, answerTime: 1000 };
  const upstreams = new Upstreams({ limits, counters, now });
  const leases = new Leases('door', supervisor, counters, timers, now);
  upstreams.apply(targets);
  leases.applyTargets(targets);
  t.after(async () => {
    timers.close();
    await upstreams.destroy();
  });
  const table = compileRoutes([keyedRoute('inbox', 'github', { hook: ['101'] })], platforms, String);
  const ruleSet = ruleSetOf(table);
  const loop = new LoopShare();
  const context = { limits, loop, timers, supervisor, now, leases, upstreams, counters, ruleSet };
  return { context, supervisor, abort: new AbortController() };
}

test('a delivery reaches its listener byte for byte, with its headers, and only the status matters', async (t) => {
  const bot = await startBot(t, (_req, res) => res.writeHead(429, { 'Retry-After': '7' }).end('words'));
  const { context, abort } = senderTo(t, target('inbox', bot.port, { paths: ['/api'] }));
  const body = Buffer.from([0, 255, 10]);
  assert.deepEqual(await sendSpooled(context, hook({ body }), abort.signal), {
    kind: 'answered',
    status: 429,
    retryAfter: '7',
  });
  const [seen] = bot.requests;
  assert.deepEqual([seen?.req.method, seen?.req.url, seen?.body], ['POST', '/api/messages?a=1', body]);
  assert.deepEqual(
    [seen?.req.headers.authorization, seen?.req.headers['x-latin'], seen?.req.headers['content-length']],
    ['Bearer hush', '\u00e9', '3'],
  );
});

test('it is picked and stored without the added prefix, and sent with that of the plan of this moment', async (t) => {
  const bot = await startBot(t);
  const at = (addPrefix: string) => target('inbox', bot.port, { paths: ['/api'], addPrefix });
  const { context, abort } = senderTo(t, at('/p/before'));
  context.upstreams.apply([at('/p/inbox')]);
  assert.equal((await sendSpooled(context, hook(), abort.signal)).kind, 'answered');
  assert.deepEqual(
    bot.requests.map(({ req }) => req.url),
    ['/p/inbox/api/messages?a=1'],
  );
});

test('it has a lease while it is under way', async (t) => {
  const upstream = await rawUpstream(t);
  const { context, abort } = senderTo(t, target('inbox', upstream.port));
  const sent = sendSpooled(context, hook(), abort.signal);
  const peer = await upstream.take();
  await peer.until(/hi$/);
  assert.equal(context.counters.of('inbox').inFlight, 1);
  peer.send('HTTP/1.1 204 No Content\r\n\r\n');
  assert.equal((await sent).kind, 'answered');
  while (context.counters.of('inbox').inFlight !== 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a delivery that no connection accepted is unsent, and the supervisor gets a report', async (t) => {
  const { context, supervisor, abort } = senderTo(t, target('inbox', await freePort()));
  assert.deepEqual(await sendSpooled(context, hook(), abort.signal), {
    kind: 'unsent',
    code: 'ECONNREFUSED',
  });
  assert.deepEqual(
    supervisor.of('failed').map(({ code }) => code),
    ['ECONNREFUSED'],
  );
});

test('what a gateway took and did not answer is broken', async (t) => {
  const upstream = await rawUpstream(t);
  const { context, abort } = senderTo(t, target('inbox', upstream.port));
  const sent = sendSpooled(context, hook(), abort.signal);
  const peer = await upstream.take();
  await peer.until(/hi$/);
  peer.leave();
  assert.deepEqual(await sent, { kind: 'broken', code: 'UND_ERR_SOCKET' });
});

test('it ends when its signal aborts', async (t) => {
  const upstream = await rawUpstream(t);
  const { context, abort } = senderTo(t, target('inbox', upstream.port));
  const sent = sendSpooled(context, hook(), abort.signal);
  const peer = await upstream.take();
  await peer.until(/hi$/);
  const closed = once(peer.socket, 'close');
  abort.abort();
  assert.equal((await sent).kind, 'broken');
  await closed;
  assert.equal(context.counters.of('inbox').inFlight, 0);
});

test('it is ready if the listener of its path is, and asks for one that may become ready', async (t) => {
  const { context, supervisor, abort } = senderTo(
    t,
    target('inbox', 1, { listener: 'main', paths: ['/'] }),
    target('inbox', 2, { listener: 'api', paths: ['/api'], state: 'pending' }),
    target('off', 3, { state: 'down' }),
  );
  const { stateOf, ensureReady } = readinessOf(context);
  assert.deepEqual(
    [stateOf('inbox', '/?a=/api'), stateOf('inbox', '/api/x?y'), stateOf('off', '/'), stateOf('gone', '/')],
    ['ready', 'not-ready', 'not-ready', 'no-listener'],
  );
  const early = readinessOf({ ...context, ruleSet: () => null });
  assert.deepEqual(
    [early.stateOf('off', '/'), early.stateOf('gone', '/')],
    ['not-ready', 'not-ready'],
    'no snapshot yet',
  );
  for (const profile of ['inbox', 'off', 'gone']) ensureReady(profile, '/api/messages?a=1', 5);
  assert.deepEqual(
    supervisor.of('ensureReady').map(({ profile, listener, deadlineAt }) => [profile, listener, deadlineAt]),
    [['inbox', 'api', 5]],
  );
  assert.equal((await sendSpooled(context, hook(), abort.signal)).kind, 'unsent');
});

test('an attempt ends although the gateway goes on sending interim answers', async (t) => {
  const upstream = await rawUpstream(t);
  const { context, abort } = senderTo(t, target('inbox', upstream.port));
  const outcome = sendSpooled(context, hook(), abort.signal);
  const peer = await upstream.take();
  const hints = setInterval(() => peer.send('HTTP/1.1 103 Early Hints\r\n\r\n'), 50);
  t.after(() => clearInterval(hints));
  assert.deepEqual(await outcome, { kind: 'broken', code: 'GWPROXY_UPSTREAM_TIMEOUT' });
  await peer.closed;
});

test('a delivery that the routes no longer give to its profile is not sent', async (t) => {
  const bot = await startBot(t);
  const { context, abort } = senderTo(t, target('inbox', bot.port));
  const others = [
    keyedRoute('other', 'github', { hook: ['101'] }),
    keyedRoute('inbox', 'github', { hook: ['102'] }),
    keyedRoute('inbox', 'github', { hook: ['101'] }, '/elsewhere'),
    pathRoute('inbox'),
    { ...keyedRoute('inbox', 'github', { hook: ['101'] }, '/api'), stripPrefix: true },
  ];
  for (const route of others) {
    const table = compileRoutes([route], platforms, String);
    const outcome = await sendSpooled({ ...context, ruleSet: ruleSetOf(table) }, hook(), abort.signal);
    assert.deepEqual(outcome, { kind: 'no-route' }, JSON.stringify(route));
  }
  const headers = hook().headers.filter((_, at) => at > 1);
  assert.deepEqual(
    await sendSpooled(context, hook({ headers }), abort.signal),
    { kind: 'no-route' },
    'no Host',
  );
  assert.equal(bot.requests.length, 0);
  assert.equal((await sendSpooled(context, hook(), abort.signal)).kind, 'answered');
});
