import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { CommandError } from '../../src/errors.ts';
import { createSupervisor } from '../../src/supervisor/supervisor.ts';
import { groupAlive } from '../../src/supervisor/tree/process-group.ts';
import { fixture } from '../support/root.ts';
import {
  FakeDoor,
  foreignServer,
  isLine,
  isState,
  Log,
  listener,
  pidOf,
  planOf,
  portOf,
  profile,
  statusOf,
  supervise,
} from './support.ts';

async function ask(port: number): Promise<{ pid: number; argv: string[]; env: Record<string, string> }> {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const answer: { pid: number; argv: string[]; env: Record<string, string> } = JSON.parse(
    await response.text(),
  );
  return answer;
}

test('a gateway starts, is ready on its allocated port, and stops', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  supervisor.start();
  await supervisor.settled();
  const { state, pid, desired, generation, last_error } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, desired, generation, last_error], ['ready', 'up', 1, null]);
  assert.equal((await ask(portOf(supervisor, 'alpha'))).pid, pid);
  await supervisor.stop();
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'draining', 'stopping', 'stopped']);
  assert.ok(log.lines('alpha').includes('told to stop'));
  assert.equal(await groupAlive(Number(pid)), false);
  assert.deepEqual(statusOf(supervisor, 'alpha').pid, null);
});

test('a gateway sees exactly the environment of its plan and its port', async (t) => {
  const { supervisor } = supervise(t, [
    profile('alpha', 'serve.mjs', {
      env: { NAME: ['value'], URL: ['http://127.0.0.1:', { port: 'http' }, '/hook'] },
    }),
  ]);
  supervisor.start();
  await supervisor.settled();
  const port = portOf(supervisor, 'alpha');
  const { GWPROXY_GATEWAY: mark, ...env } = (await ask(port)).env;
  assert.match(mark ?? '', /^[0-9a-f]{16}\/alpha\/1\/[0-9a-f]{32}$/);
  assert.deepEqual(env, {
    NAME: 'value',
    URL: `http://127.0.0.1:${port}/hook`,
    PORT: String(port),
  });
});

test('ports reach the command line too', async (t) => {
  const base = profile('alpha', 'serve.mjs');
  assert.ok(base.launch.kind === 'command');
  const [program, ...rest] = base.launch.command;
  const { supervisor } = supervise(t, [
    { ...base, launch: { ...base.launch, command: [program, ...rest, ['--port=', { port: 'http' }]] } },
  ]);
  supervisor.start();
  await supervisor.settled();
  const port = portOf(supervisor, 'alpha');
  assert.deepEqual((await ask(port)).argv, [`--port=${port}`]);
});

test('a killed gateway leaves routing at once and comes back on its port', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const port = portOf(supervisor, 'alpha');
  const pid = pidOf(supervisor, 'alpha');
  const exit = log.next((event) => event.type === 'gateway.exit');
  const ready = log.next(isState('alpha', 'ready'));
  process.kill(pid, 'SIGKILL');
  await exit;
  assert.equal(door.target('alpha').state, 'pending');
  assert.equal(door.target('alpha').retryAt, null, 'the first restart waits for nothing');
  assert.equal(statusOf(supervisor, 'alpha').last_error, 'ended by SIGKILL');
  await ready;
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'starting', 'ready']);
  assert.equal(door.target('alpha').state, 'ready');
  assert.equal(door.target('alpha').generation, 2);
  assert.equal(portOf(supervisor, 'alpha'), port);
  assert.notEqual(pidOf(supervisor, 'alpha'), pid);
  assert.equal(statusOf(supervisor, 'alpha').restarts, 1);
  assert.equal(statusOf(supervisor, 'alpha').last_exit?.signal, 'SIGKILL');
  assert.ok(log.events.some((event) => event.type === 'gateway.exit' && !event.asked));
});

test('the exit of a gateway that was asked to stop is no crash, whatever its code', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs', { env: { EXIT_CODE: ['1'] } })]);
  supervisor.start();
  await supervisor.settled();
  await supervisor.restartProfile('alpha');
  const { state, restarts, last_exit, generation } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, restarts, last_exit?.code, generation], ['ready', 0, 1, 2]);
  assert.ok(!log.states('alpha').includes('backoff'));
  assert.ok(log.events.some((event) => event.type === 'gateway.exit' && event.asked && event.code === 1));
});

test('a gateway that ignores its signal is killed after the grace', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'stubborn.mjs', { stop: { drain: 30_000, signal: 'SIGTERM', grace: 100 } }),
  ]);
  supervisor.start();
  await supervisor.settled();
  await supervisor.stopProfile('alpha');
  assert.ok(log.lines('alpha').includes('told to stop'));
  assert.equal(statusOf(supervisor, 'alpha').last_exit?.signal, 'SIGKILL');
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
});

test('a second stop, at once, leaves out the grace', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'stubborn.mjs')]);
  supervisor.start();
  await supervisor.settled();
  const signalled = log.next(isLine('alpha', 'told to stop'));
  const slow = supervisor.stop();
  await signalled;
  await supervisor.stop({ atOnce: true });
  await slow;
  assert.equal(statusOf(supervisor, 'alpha').last_exit?.signal, 'SIGKILL');
});

test('killNow ends every group before it returns', async (t) => {
  const { supervisor } = supervise(t, [profile('alpha', 'stubborn.mjs'), profile('beta', 'family.mjs')]);
  supervisor.start();
  await supervisor.settled();
  const pids = [pidOf(supervisor, 'alpha'), pidOf(supervisor, 'beta')];
  supervisor.killNow();
  await supervisor.stop();
  for (const pid of pids) assert.equal(await groupAlive(pid), false);
});

test('a grandchild in the group gets the rest of the grace after its leader, then ends', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'family.mjs', { stop: { drain: 30_000, signal: 'SIGTERM', grace: 300 } }),
  ]);
  supervisor.start();
  await supervisor.settled();
  const pid = pidOf(supervisor, 'alpha');
  await supervisor.stopProfile('alpha');
  assert.ok(log.lines('alpha').includes('told to stop'), 'the grandchild got the signal too');
  assert.equal(statusOf(supervisor, 'alpha').last_exit?.code, 0);
  assert.equal(await groupAlive(pid), false);
});

test('a grandchild that outlives a crashed leader is ended, and its port is free for the next', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'family.mjs')]);
  supervisor.start();
  await supervisor.settled();
  const pid = pidOf(supervisor, 'alpha');
  const port = portOf(supervisor, 'alpha');
  const ready = log.next(isState('alpha', 'ready'));
  process.kill(pid, 'SIGUSR2');
  await ready;
  assert.equal(await groupAlive(pid), false);
  assert.equal(portOf(supervisor, 'alpha'), port);
  assert.equal(statusOf(supervisor, 'alpha').restarts, 1);
});

test('a slow gateway is pending until it answers', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'gated.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await log.first(isLine('alpha', 'waiting'));
  assert.equal(door.target('alpha').state, 'pending');
  assert.equal(statusOf(supervisor, 'alpha').state, 'starting');
  process.kill(pidOf(supervisor, 'alpha'), 'SIGUSR2');
  await supervisor.settled();
  assert.equal(door.target('alpha').state, 'ready');
});

test('a gateway that misses its start deadline is stopped and tried again', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'gated.mjs', { startTimeout: 300 })]);
  supervisor.start();
  await supervisor.settled();
  const { state, last_error, next_start_at } = statusOf(supervisor, 'alpha');
  assert.equal(state, 'backoff');
  assert.match(
    last_error ?? '',
    /^no listener was ready within 300ms \(http on port \d+: connection refused\); it(?:s last line: waiting| wrote no output)$/,
  );
  assert.ok(next_start_at);
  await log.next(isLine('alpha', 'waiting'));
  assert.ok(statusOf(supervisor, 'alpha').restarts >= 1);
});

test('the time for which gwproxy itself was stopped does not count against a start', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'gated.mjs', { startTimeout: 500 })]);
  supervisor.start();
  await log.first(isLine('alpha', 'waiting'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGUSR2');
  // As long as a stopped process: no timer and no probe of ours goes on, and the gateway does.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  await supervisor.settled();
  const { state, generation, restarts } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, generation, restarts], ['ready', 1, 0]);
});

test('a gateway whose second listener never becomes ready serves the first one', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'half.mjs', {
      startTimeout: 3000,
      listeners: [
        { ...listener, name: 'messages', portEnv: 'MESSAGES_PORT' },
        { ...listener, name: 'webhook', portEnv: 'WEBHOOK_PORT' },
      ],
    }),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await log.first((event) => event.type === 'listener.ready' && event.listener === 'messages');
  assert.equal(door.target('alpha', 'messages').state, 'ready');
  assert.equal(door.target('alpha', 'webhook').state, 'pending');
  assert.equal(statusOf(supervisor, 'alpha').state, 'starting');
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'alpha').state, 'unready');
  const met = statusOf(supervisor, 'alpha').last_error ?? '';
  assert.match(met, /^not ready: webhook on port \d+: connection refused$/);
  assert.equal(door.target('alpha', 'messages').state, 'ready');
  const ready = log.next(isState('alpha', 'ready'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGUSR2');
  await ready;
  assert.equal(door.target('alpha', 'webhook').state, 'ready');
  assert.equal(statusOf(supervisor, 'alpha').last_error, null);
});

test('no gateway is started on a port that a foreign process has, until it is free', async (t) => {
  const { port, server } = await foreignServer(t);
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'serve.mjs', { listeners: [{ ...listener, port }] }),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const named = `port ${port} is in use by node (pid ${process.pid})`;
  assert.equal(statusOf(supervisor, 'alpha').last_error, named);
  assert.deepEqual(log.pids(), [], 'nothing was spawned');
  assert.ok(
    door.snapshots.every(({ targets }) =>
      targets.every(({ state }) => state === 'pending' || state === 'down'),
    ),
  );
  const ready = log.first(isState('alpha', 'ready'));
  server.close();
  await ready;
  assert.equal(portOf(supervisor, 'alpha'), port);
});

test('a gateway is signalled only once every door has drained it', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  const busy = new FakeDoor('busy', supervisor.port);
  const late = new FakeDoor('late', supervisor.port);
  supervisor.addDoor(busy);
  supervisor.addDoor(late);
  supervisor.start();
  await supervisor.settled();
  const port = portOf(supervisor, 'alpha');
  busy.inFlight = 1;
  late.appliesAtOnce = false;
  const stopped = supervisor.stopProfile('alpha');
  assert.deepEqual([busy.target('alpha').state, late.target('alpha').state], ['down', 'down']);
  busy.inFlight = 0;
  busy.reportLoad(1);
  assert.equal(statusOf(supervisor, 'alpha').state, 'draining', 'the late door still routes to it');
  // It answers: no signal has reached it.
  assert.equal((await ask(port)).pid, pidOf(supervisor, 'alpha'));
  assert.ok(!log.lines('alpha').includes('told to stop'));
  late.applied();
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopping');
  await stopped;
  assert.ok(log.lines('alpha').includes('told to stop'));
});

test('a lease that is never released delays a stop no longer than stop.drain', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'serve.mjs', { stop: { drain: 50, signal: 'SIGTERM', grace: 30_000 } }),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  door.inFlight = 1;
  await supervisor.stopProfile('alpha');
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'draining', 'stopping', 'stopped']);
});

test('a gateway that exits while it is drained has stopped', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  door.inFlight = 1;
  const stopped = supervisor.stopProfile('alpha');
  process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
  await stopped;
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'draining', 'stopped']);
});

test('requests are held for a listener that a door finds closed, until it is ready again', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  const ready = log.next(isState('alpha', 'ready'));
  const failed = { profile: 'alpha', generation: 1, listener: 'http', code: 'ECONNREFUSED' };
  supervisor.port.failed({ ...failed, generation: 0 });
  assert.equal(door.target('alpha').state, 'ready', 'an older generation says nothing of this one');
  supervisor.port.failed(failed);
  assert.equal(door.target('alpha').state, 'pending');
  assert.equal(statusOf(supervisor, 'alpha').state, 'unready');
  await ready;
  assert.equal(door.target('alpha').state, 'ready');
  assert.equal(door.target('alpha').generation, 1);
});

test('the status says why a command cannot be started, and other gateways start', async (t) => {
  const missing = profile('missing', 'serve.mjs');
  const nowhere = profile('nowhere', 'serve.mjs');
  const denied = profile('denied', 'serve.mjs');
  assert.ok(missing.launch.kind === 'command');
  const { supervisor } = supervise(t, [
    { ...missing, launch: { ...missing.launch, command: [['no-such-program-here']] } },
    { ...nowhere, launch: { ...missing.launch, cwd: '/no/such/folder' } },
    { ...denied, launch: { ...missing.launch, command: [[fixture('gateways', 'serve.mjs')]] } },
    profile('alpha', 'serve.mjs'),
  ]);
  supervisor.start();
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'missing').last_error, 'command not found: no-such-program-here');
  assert.equal(statusOf(supervisor, 'nowhere').last_error, 'cwd /no/such/folder does not exist');
  assert.match(statusOf(supervisor, 'denied').last_error ?? '', /^not permitted to run .*serve\.mjs$/);
  assert.equal(statusOf(supervisor, 'alpha').state, 'ready');
});

test('a gateway that exits at once has failed once its policy gives up, until it is started again', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'exits.mjs', {
      env: { EXIT_CODE: ['3'] },
      restart: {
        when: 'always',
        min: 1,
        max: 2,
        reset: 60_000,
        exitCodes: {},
        giveUp: { restarts: 2, within: 60_000 },
      },
    }),
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await log.first(isState('alpha', 'failed'));
  assert.equal(
    statusOf(supervisor, 'alpha').last_error,
    'exited with code 3: about to end; gave up after 2 restarts within 1m; `gwproxy start alpha` tries again',
  );
  assert.equal(statusOf(supervisor, 'alpha').restarts, 2);
  assert.equal(door.target('alpha').state, 'down');
  await assert.rejects(
    supervisor.startProfile('alpha'),
    (error) => error instanceof CommandError && error.exitCode === 70 && /code 3/.test(error.message),
  );
});

test('a gateway that exits with 0 and restarts on failure alone stays down', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'exits.mjs', {
      env: { EXIT_CODE: ['0'] },
      restart: { when: 'on-failure', min: 1, max: 2, reset: 60_000, exitCodes: {}, giveUp: null },
    }),
  ]);
  supervisor.start();
  await supervisor.settled();
  assert.deepEqual(log.states('alpha'), ['starting', 'stopped']);
  const { desired, last_error } = statusOf(supervisor, 'alpha');
  const why = 'exited with code 0: about to end; not restarted, as its restart policy says';
  assert.deepEqual([desired, last_error], ['down', why]);
  await assert.rejects(supervisor.startProfile('alpha'), { message: `alpha is not ready: ${why}` });
});

test('50 MB on stdout do not stop a gateway', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'flood.mjs', { env: { MEGABYTES: ['50'] } })]);
  supervisor.start();
  // It listens only once all of it has been read.
  await supervisor.settled();
  await supervisor.stop();
  const dropped = log.events.reduce(
    (sum, event) => sum + (event.type === 'output.dropped' ? event.lines : 0),
    0,
  );
  assert.equal(log.lines('alpha').length + dropped, 50_000);
});

test('lines are reported complete, however they were written', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'pieces.mjs')]);
  supervisor.start();
  await log.first(isLine('alpha', 'second'));
  await supervisor.stop({ atOnce: true });
  assert.deepEqual(log.lines('alpha').slice(0, 2), ['grüße, 世界 🌍', 'second']);
  assert.ok('no end'.startsWith(log.lines('alpha')[2] ?? ''));
});

test('an on-demand gateway starts at its first request, and not once an operator stopped it', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs', { start: 'on-demand' })]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  assert.equal(door.target('alpha').state, 'pending');
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  const request = { id: 'r1', profile: 'alpha', listener: 'http', deadlineAt: Date.now() + 15_000 };
  supervisor.port.ensureReady(request);
  await log.first(isState('alpha', 'ready'));
  await supervisor.stopProfile('alpha');
  assert.equal(door.target('alpha').state, 'down');
  supervisor.port.ensureReady(request);
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  await supervisor.startProfile('alpha');
  assert.equal(door.target('alpha').state, 'ready');
});

test('a manual gateway waits for its operator', async (t) => {
  const { supervisor } = supervise(t, [profile('alpha', 'serve.mjs', { start: 'manual' })]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  supervisor.port.ensureReady({ id: 'r1', profile: 'alpha', listener: 'http', deadlineAt: Date.now() });
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  assert.equal(door.target('alpha').state, 'down');
  supervisor.start(['alpha']);
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'alpha').state, 'ready');
});

test('a url profile is probed and never spawned', async (t) => {
  let status = 503;
  const server = createServer((_request, response) => {
    response.statusCode = status;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { supervisor, log } = supervise(t, [
    { ...profile('alpha', ''), launch: { kind: 'url' }, listeners: [{ ...listener, port: address.port }] },
  ]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start([]);
  assert.equal(statusOf(supervisor, 'alpha').state, 'starting');
  status = 204;
  await supervisor.settled();
  assert.equal(door.target('alpha').state, 'ready');
  assert.deepEqual(door.target('alpha').address, { host: '127.0.0.1', port: address.port });
  assert.equal(door.target('alpha').managed, false);
  status = 500;
  await log.next(isState('alpha', 'unready'));
  assert.match(
    statusOf(supervisor, 'alpha').last_error ?? '',
    /^not ready: http on port \d+: its health path answered 500$/,
  );
  assert.equal(door.target('alpha').state, 'pending');
  await supervisor.stop();
  assert.deepEqual(log.pids(), []);
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
});

test('two profiles that start together never get the same port', async (t) => {
  // One random number for all: each begins its search at the same port.
  const log = new Log();
  const names = ['alpha', 'beta', 'gamma'];
  const supervisor = createSupervisor({
    plan: planOf(names.map((name) => profile(name, 'serve.mjs'))),
    report: log.report,
    random: () => 0.5,
  });
  t.after(() => supervisor.stop({ atOnce: true }));
  supervisor.start();
  await supervisor.settled();
  const ports = names.map((name) => portOf(supervisor, name));
  assert.equal(new Set(ports).size, 3);
  assert.deepEqual(
    names.map((name) => statusOf(supervisor, name).state),
    ['ready', 'ready', 'ready'],
  );
});

test('a stop while the port is still being checked spawns nothing', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  supervisor.start();
  await supervisor.stop();
  assert.deepEqual(log.states('alpha'), ['stopping', 'stopped']);
  assert.ok(!log.events.some(({ type }) => type === 'gateway.exit'), 'nothing was spawned, so nothing ended');
  await assert.rejects(supervisor.startProfile('alpha'), CommandError);
});

test('an unknown profile is refused', async (t) => {
  const { supervisor } = supervise(t, [profile('alpha', 'serve.mjs')]);
  await assert.rejects(supervisor.stopProfile('beta'), /there is no profile 'beta'/);
});

test('snapshots count up by one, keep the routes and rules, and reach a door one at a time', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  const meddling = new FakeDoor('meddling', supervisor.port);
  const arrays: unknown[] = [];
  supervisor.addDoor({
    id: 'first',
    apply(snapshot) {
      arrays.push(snapshot.routes, snapshot.rules);
      supervisor.port.applied('first', snapshot.version);
      const [target] = snapshot.targets;
      // Told while the second door has not seen this snapshot yet.
      if (target?.state !== 'ready') return;
      supervisor.port.failed({ profile: 'alpha', generation: 1, listener: 'http', code: 'ECONNREFUSED' });
    },
  });
  supervisor.addDoor(meddling);
  const lost = log.next((event) => event.type === 'listener.lost');
  supervisor.start();
  await lost;
  const versions = meddling.snapshots.map(({ version }) => version);
  assert.deepEqual(
    versions,
    versions.map((_, index) => index + 1),
  );
  assert.equal(new Set(arrays).size, 2);
});
