import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { diffPlans, reuseRoutes } from '../../src/config/change/diff.ts';
import type { Plan, ProfilePlan } from '../../src/config/types.ts';
import { CommandError } from '../../src/errors.ts';
import { createSupervisor, type Supervisor } from '../../src/supervisor/supervisor.ts';
import {
  FakeDoor,
  isLine,
  isState,
  Log,
  listener,
  pidOf,
  planOf,
  portOf,
  profile,
  statusOf,
} from './support.ts';

/** Never restarted. */
const ONCE = { restart: { when: 'never', min: 1, max: 1, reset: 1, exitCodes: {}, giveUp: null } } as const;

interface Running {
  readonly supervisor: Supervisor;
  readonly log: Log;
  /** To these profiles, with a route each. */
  apply(profiles: readonly ProfilePlan[], changes?: Partial<Plan>): void;
}

function routed(profiles: readonly ProfilePlan[], changes: Partial<Plan> = {}): Plan {
  const plan = planOf(profiles);
  const routes = profiles.flatMap(({ name }) =>
    plan.routes.map((route) => ({ ...route, profile: name, path: `/${name}` })),
  );
  return { ...plan, routes, ...changes };
}

function run(t: TestContext, profiles: readonly ProfilePlan[], changes: Partial<Plan> = {}): Running {
  const log = new Log();
  let plan = routed(profiles, changes);
  const supervisor = createSupervisor({ plan, report: log.report });
  t.after(() => supervisor.stop({ atOnce: true }));
  return {
    supervisor,
    log,
    apply(next, to = {}) {
      const after = reuseRoutes(routed(next, { ...changes, ...to }), plan);
      supervisor.apply(after, diffPlans(plan, after));
      plan = after;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

async function envOf(supervisor: Supervisor, name: string): Promise<Record<string, string>> {
  const response = await fetch(`http://127.0.0.1:${portOf(supervisor, name)}/`);
  const { env }: { env: Record<string, string> } = JSON.parse(await response.text());
  return env;
}

test('an unchanged profile keeps its process, a changed one is restarted and then runs as changed', async (t) => {
  const { supervisor, log, apply } = run(t, [
    profile('alpha', 'serve.mjs'),
    profile('beta', 'serve.mjs', { env: { WORD: ['old'] } }),
  ]);
  supervisor.start();
  await supervisor.settled();
  const [alpha, beta, port] = [
    pidOf(supervisor, 'alpha'),
    pidOf(supervisor, 'beta'),
    portOf(supervisor, 'beta'),
  ];
  apply([profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs', { env: { WORD: ['new'] } })]);
  await supervisor.settled();
  assert.equal(pidOf(supervisor, 'alpha'), alpha);
  assert.notEqual(pidOf(supervisor, 'beta'), beta);
  assert.equal(portOf(supervisor, 'beta'), port, 'an allocated port stays the same');
  assert.equal((await envOf(supervisor, 'beta')).WORD, 'new');
  assert.equal(statusOf(supervisor, 'beta').restarts, 0);
  const ended = log.events.findIndex((event) => event.type === 'gateway.exit');
  const begun = log.events.findLastIndex(isState('beta', 'starting'));
  assert.ok(ended !== -1 && ended < begun, 'the old generation ends before the new one begins');
});

test('paths, policies and routes change under a running gateway', async (t) => {
  const { supervisor, apply } = run(t, [profile('alpha', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const pid = pidOf(supervisor, 'alpha');
  const count = door.snapshots.length;
  apply([profile('alpha', 'serve.mjs', { listeners: [{ ...listener, paths: ['/api'] }], maxMemory: 1e12 })], {
    routes: [],
  });
  assert.equal(door.snapshots.length, count + 1, 'one snapshot for all of it');
  assert.deepEqual(door.target('alpha').paths, ['/api']);
  assert.equal(door.target('alpha').state, 'ready');
  assert.deepEqual(door.snapshots.at(-1)?.routes, []);
  assert.equal(pidOf(supervisor, 'alpha'), pid);
});

test('a route moves from one gateway to another in one snapshot, and both go on running', async (t) => {
  const { supervisor, apply } = run(t, [profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs')]);
  const routes: string[] = [];
  supervisor.addDoor({
    id: 'door',
    apply(snapshot) {
      routes.push(snapshot.routes.map((route) => `${route.path} ${route.profile}`).join());
      supervisor.port.applied('door', snapshot.version);
    },
  });
  supervisor.start();
  await supervisor.settled();
  const pids = [pidOf(supervisor, 'alpha'), pidOf(supervisor, 'beta')];
  const [first, second] = routed([profile('alpha', ''), profile('beta', '')]).routes;
  assert.ok(first !== undefined && second !== undefined);
  apply([profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs')], {
    routes: [
      { ...first, profile: 'beta' },
      { ...second, profile: 'alpha' },
    ],
  });
  assert.deepEqual([...new Set(routes)], ['/alpha alpha,/beta beta', '/alpha beta,/beta alpha']);
  assert.deepEqual([pidOf(supervisor, 'alpha'), pidOf(supervisor, 'beta')], pids);
});

test('changed `verify` rules reach the doors and restart no gateway', async (t) => {
  const { supervisor, apply } = run(t, [profile('alpha', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const pid = pidOf(supervisor, 'alpha');
  const telegram = ['secret'];
  const none = { botFramework: null, slack: null, github: null, gitea: null, line: null, meta: null };
  const verify = { ...none, telegram, twilio: null, discord: null, graph: null };
  apply([profile('alpha', 'serve.mjs', { verify, delivery: 'direct' })]);
  const rules = door.snapshots.map((snapshot) => snapshot.rules);
  assert.deepEqual(rules[0], [{ profile: 'alpha', verify: null, delivery: 'spool' }]);
  assert.deepEqual(rules.at(-1), [{ profile: 'alpha', verify, delivery: 'direct' }]);
  assert.equal(pidOf(supervisor, 'alpha'), pid);
});

test('equal routes stay the same array', async (t) => {
  const { supervisor, apply } = run(t, [profile('alpha', 'serve.mjs')]);
  const arrays = new Set<unknown>();
  supervisor.addDoor({ id: 'door', apply: ({ routes }) => void arrays.add(routes) });
  apply([profile('alpha', 'serve.mjs', { maxMemory: 1e12 })]);
  assert.equal(arrays.size, 1);
});

test('a removed gateway is ended in order and forgotten, an added one starts by itself', async (t) => {
  const { supervisor, log, apply } = run(t, [profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const beta = pidOf(supervisor, 'beta');
  door.inFlight = 1;
  const { generation } = door.target('alpha');
  const count = door.snapshots.length;
  apply([
    profile('gamma', 'serve.mjs'),
    profile('beta', 'serve.mjs'),
    profile('hand', 'serve.mjs', { start: 'manual' }),
  ]);
  assert.equal(door.snapshots.length, count + 1, 'one snapshot for all of it');
  assert.ok(!door.snapshots.at(-1)?.routes.some((route) => route.profile === 'alpha'));
  assert.equal(door.target('gamma').state, 'pending', 'its requests are held from the first moment');
  await log.first(isState('gamma', 'ready'));
  assert.equal(statusOf(supervisor, 'alpha').state, 'draining', 'a request is in flight');
  await assert.rejects(supervisor.startProfile('alpha'), CommandError);
  const stopped = log.first(isState('alpha', 'stopped'));
  door.inFlight = 0;
  door.reportLoad(generation);
  await stopped;
  assert.deepEqual(
    supervisor.status().map(({ name, state }) => `${name} ${state}`),
    ['gamma ready', 'beta ready', 'hand stopped'],
  );
  assert.ok(!door.snapshots.at(-1)?.targets.some((target) => target.profile === 'alpha'));
  assert.equal(pidOf(supervisor, 'beta'), beta);
  assert.ok(log.lines('alpha').includes('told to stop'));
  await assert.rejects(supervisor.stopProfile('alpha'), /there is no profile 'alpha'/);
});

test('a profile that is added again while its gateway is ending starts once that has ended', async (t) => {
  const { supervisor, log, apply } = run(t, [profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const pid = pidOf(supervisor, 'alpha');
  door.inFlight = 1;
  const { generation } = door.target('alpha');
  apply([profile('beta', 'serve.mjs')]);
  apply([profile('alpha', 'serve.mjs', { env: { WORD: ['again'] } }), profile('beta', 'serve.mjs')]);
  assert.equal(door.target('alpha').state, 'pending');
  assert.equal(pidOf(supervisor, 'alpha'), pid);
  door.inFlight = 0;
  door.reportLoad(generation);
  await log.next(isState('alpha', 'ready'));
  assert.notEqual(pidOf(supervisor, 'alpha'), pid);
  assert.equal((await envOf(supervisor, 'alpha')).WORD, 'again');
  assert.deepEqual(
    supervisor.status().map(({ name }) => name),
    ['alpha', 'beta'],
  );
});

test('a profile that is added again as on-demand waits for a request, not for its operator', async (t) => {
  const { supervisor, log, apply } = run(t, [profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  apply([profile('beta', 'serve.mjs')]);
  const stopped = log.first(isState('alpha', 'stopped'));
  apply([profile('alpha', 'serve.mjs', { start: 'on-demand' }), profile('beta', 'serve.mjs')]);
  await stopped;
  assert.equal(door.target('alpha').state, 'pending');
  supervisor.port.ensureReady({ id: '1', profile: 'alpha', listener: 'http', deadlineAt: Date.now() + 9000 });
  await log.next(isState('alpha', 'ready'));
  assert.ok(statusOf(supervisor, 'alpha').generation > 1, 'generations of one name only grow');
});

test('a failed gateway is started when its command changes, a stopped one is not', async (t) => {
  const broken = (name: string) => profile(name, 'exits.mjs', { ...ONCE, env: { EXIT_CODE: ['1'] } });
  const { supervisor, log, apply } = run(t, [broken('alpha'), profile('beta', 'serve.mjs')]);
  supervisor.start();
  await log.first(isState('alpha', 'failed'));
  await supervisor.settled();
  await supervisor.stopProfile('beta');
  apply([profile('alpha', 'serve.mjs', ONCE), profile('beta', 'serve.mjs', { env: { A: ['1'] } })]);
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'alpha').state, 'ready');
  assert.equal(statusOf(supervisor, 'beta').state, 'stopped');
  await supervisor.startProfile('beta');
  assert.equal((await envOf(supervisor, 'beta')).A, '1');
});

test('two gateways swap their ports: the first to end waits for the other, and no start fails', async (t) => {
  const [one, two] = [await freePort(), await freePort()];
  const at = (port: number) => ({ listeners: [{ ...listener, port }] });
  const { supervisor, log, apply } = run(t, [
    profile('alpha', 'serve.mjs', at(one)),
    profile('beta', 'serve.mjs', at(two)),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const { generation } = door.target('alpha');
  door.inFlight = 1;
  const ended = log.next((event) => event.type === 'gateway.exit' && event.profile === 'beta');
  apply([profile('alpha', 'serve.mjs', at(two)), profile('beta', 'serve.mjs', at(one))]);
  await ended;
  // Time enough for beta to find that the port is not free yet.
  for (const name of ['alpha', 'beta']) await fetch(`http://127.0.0.1:${one}/${name}`);
  door.inFlight = 0;
  door.reportLoad(generation);
  await supervisor.settled();
  assert.deepEqual([portOf(supervisor, 'alpha'), portOf(supervisor, 'beta')], [two, one]);
  assert.ok(!log.states('alpha').includes('backoff') && !log.states('beta').includes('backoff'));
  assert.deepEqual(
    [statusOf(supervisor, 'alpha').state, statusOf(supervisor, 'beta').state],
    ['ready', 'ready'],
  );
});

test('a profile changes from a command to a `url:`, and back', async (t) => {
  const port = await freePort();
  const own = profile('alpha', 'serve.mjs', { listeners: [{ ...listener, port }] });
  const { supervisor, log, apply } = run(t, [own]);
  const elsewhere = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  t.after(() => elsewhere.close());
  const address = elsewhere.address();
  assert.ok(typeof address === 'object' && address !== null);
  supervisor.start();
  await supervisor.settled();
  const stopped = log.first(isState('alpha', 'stopped'));
  const ready = log.next(isState('alpha', 'ready'));
  apply([{ ...own, launch: { kind: 'url' }, listeners: [{ ...listener, port: address.port }] }]);
  await stopped;
  await ready;
  assert.equal(statusOf(supervisor, 'alpha').pid, null);
  assert.equal(portOf(supervisor, 'alpha'), address.port);
  const back = log.next(isState('alpha', 'ready'));
  apply([own]);
  await back;
  assert.equal(portOf(supervisor, 'alpha'), port);
  assert.ok(pidOf(supervisor, 'alpha'));
});

test('a changed `start` decides about a gateway that is stopped', async (t) => {
  const at = (start: ProfilePlan['start']) => [profile('alpha', 'serve.mjs', { start })];
  const { supervisor, apply } = run(t, at('manual'));
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  assert.equal(door.target('alpha').state, 'down');
  apply(at('on-demand'));
  assert.equal(door.target('alpha').state, 'pending');
  apply(at('manual'));
  assert.equal(door.target('alpha').state, 'down');
  apply(at('always'));
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'alpha').state, 'ready');
  const pid = pidOf(supervisor, 'alpha');
  apply(at('manual'));
  assert.equal(pidOf(supervisor, 'alpha'), pid, 'a running gateway goes on');
});

test('after `up PROFILE…` all others are started by the operator alone, also those of a reload', async (t) => {
  const two = [profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs', { start: 'on-demand' })];
  const { supervisor, apply } = run(t, two);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start(['alpha']);
  apply([...two, profile('gamma', 'serve.mjs')]);
  await supervisor.settled();
  assert.deepEqual(
    supervisor.status().map(({ name, state }) => `${name} ${state}`),
    ['alpha ready', 'beta stopped', 'gamma stopped'],
  );
  assert.equal(door.target('beta').state, 'down');
  await supervisor.startProfile('gamma');
});

test('a stop overrides all that a reload has begun', async (t) => {
  const { supervisor, apply } = run(t, [profile('alpha', 'serve.mjs'), profile('beta', 'serve.mjs')]);
  supervisor.start();
  await supervisor.settled();
  apply([profile('alpha', 'serve.mjs', { env: { A: ['1'] } }), profile('gamma', 'serve.mjs')]);
  const port = await freePort();
  apply([
    {
      ...profile('alpha', ''),
      launch: { kind: 'url' },
      listeners: [{ ...listener, port }],
    },
  ]);
  await supervisor.stop();
  assert.ok(supervisor.status().every(({ state, pid }) => state === 'stopped' && pid === null));
  assert.throws(() => apply([profile('alpha', 'serve.mjs')]), CommandError);
});

test('a gateway starts once those in its `after` are ready, and its requests are held meanwhile', async (t) => {
  const { supervisor, log } = run(t, [
    profile('late', 'serve.mjs', { after: ['alpha', 'db'] }),
    profile('alpha', 'serve.mjs', { after: ['db'] }),
    profile('db', 'gated.mjs'),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await log.first(isLine('db', 'waiting'));
  const { state, desired, last_error } = statusOf(supervisor, 'late');
  assert.deepEqual([state, desired, last_error], ['stopped', 'up', 'waits for alpha, db']);
  assert.equal(door.target('late').state, 'pending');
  process.kill(pidOf(supervisor, 'db'), 'SIGUSR2');
  await supervisor.settled();
  const ready = log.events.flatMap((event) =>
    event.type === 'gateway.state' && event.state === 'ready' ? [event.profile] : [],
  );
  assert.deepEqual(ready, ['db', 'alpha', 'late']);
});

test('a failure, a stop and an operator end a wait', async (t) => {
  const { supervisor, log } = run(t, [
    profile('alpha', 'serve.mjs', { after: ['bad', 'hand'] }),
    profile('bad', 'exits.mjs', { ...ONCE, env: { EXIT_CODE: ['1'] } }),
    profile('hand', 'serve.mjs', { start: 'manual' }),
    profile('slow', 'gated.mjs'),
    profile('beta', 'serve.mjs', { after: ['slow'] }),
    profile('gamma', 'serve.mjs', { after: ['slow'] }),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await log.first(isState('alpha', 'ready'));
  await supervisor.stopProfile('beta');
  assert.equal(door.target('beta').state, 'down');
  await supervisor.startProfile('gamma');
  process.kill(pidOf(supervisor, 'slow'), 'SIGUSR2');
  await log.first(isState('slow', 'ready'));
  assert.equal(statusOf(supervisor, 'beta').state, 'stopped');
});

test('of many gateways no more than the limit are starting at once', async (t) => {
  const names = Array.from({ length: 40 }, (_, index) => `bot-${index}`);
  const { supervisor, log } = run(
    t,
    names.map((name) => profile(name, 'exits.mjs', ONCE)),
    { startConcurrency: 3 },
  );
  supervisor.start();
  await supervisor.settled();
  let [starting, most] = [0, 0];
  for (const event of log.events) {
    if (event.type !== 'gateway.state') continue;
    starting += event.state === 'starting' ? 1 : -1;
    most = Math.max(most, starting);
  }
  assert.equal(log.events.filter((event) => event.type === 'gateway.state').length, 80);
  assert.equal(most, 3);
});
