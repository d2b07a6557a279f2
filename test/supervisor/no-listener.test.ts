import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffPlans } from '../../src/config/change/diff.ts';
import type { ProfilePlan } from '../../src/config/types.ts';
import { FakeDoor, isLine, isState, pidOf, planOf, profile, statusOf, supervise } from './support.ts';

/** A bot without a port, ready once it has lived for `after` ms. */
function worker(
  env: Readonly<Record<string, string>> = {},
  changes: Partial<ProfilePlan> = {},
  after = 100,
): ProfilePlan {
  return profile('alpha', 'worker.mjs', {
    listeners: [],
    ready: { kind: 'lived', after },
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, [value]])),
    ...changes,
  });
}

test('a bot without a port gets no PORT, is ready once it has lived for long enough, and is no target', async (t) => {
  const { supervisor, log } = supervise(t, [worker()]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await log.first(isLine('alpha', 'up without PORT'));
  await supervisor.settled();
  const { state, listeners, last_error: error } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, listeners, error], ['ready', [], null]);
  assert.ok(door.snapshots.every(({ targets }) => targets.length === 0));
  await supervisor.stopProfile('alpha');
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'stopping', 'stopped']);
});

test('one that ends before it has lived for long enough was never ready, and waits from its first restart on', async (t) => {
  const { supervisor, log } = supervise(t, [worker({ LIVES: '0', EXIT_CODE: '3' }, {}, 30_000)]);
  supervisor.start();
  await log.first(isState('alpha', 'backoff'));
  const { last_error: error, last_exit: exit } = statusOf(supervisor, 'alpha');
  assert.deepEqual([error, exit?.code], ['exited with code 3: up without PORT', 3]);
  assert.ok(!log.states('alpha').includes('ready'));
});

test('one that was ready and is killed is restarted at once', async (t) => {
  const { supervisor, log } = supervise(t, [worker()]);
  supervisor.start();
  await supervisor.settled();
  const again = log.next(isState('alpha', 'ready'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
  await again;
  assert.equal(statusOf(supervisor, 'alpha').restarts, 1);
  assert.ok(!log.states('alpha').includes('backoff'));
});

test('one that ignores its signal gets SIGKILL after the grace', async (t) => {
  const stop = { drain: 30_000, signal: 'SIGTERM', grace: 200 } as const;
  const { supervisor, log } = supervise(t, [worker({ STUBBORN: '1' }, { stop })]);
  supervisor.start();
  await log.first(isLine('alpha', 'up without PORT'));
  await supervisor.stopProfile('alpha');
  assert.ok(log.lines('alpha').includes('asked to end'));
  assert.equal(statusOf(supervisor, 'alpha').last_exit?.signal, 'SIGKILL');
});

test('a shell and a Python worker are bots like any other', async (t) => {
  const launch = worker().launch;
  assert.ok(launch.kind === 'command');
  const run = (name: string, ...command: [string, ...string[]]): ProfilePlan => ({
    ...worker(),
    name,
    launch: {
      ...launch,
      command: [[command[0]], ...command.slice(1).map((word) => [word])],
      env: { PATH: [process.env.PATH ?? ''] },
    },
  });
  const { supervisor } = supervise(t, [
    run('shell', '/bin/sh', '-c', 'while :; do sleep 1; done'),
    run('python', 'python3', '-c', 'import time\nwhile True: time.sleep(1)'),
  ]);
  supervisor.start();
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'shell').state, 'ready');
  assert.equal(statusOf(supervisor, 'python').state, 'ready');
});

test('one with ready_log is ready once a line of its output holds that text', async (t) => {
  const ready = { kind: 'log', text: 'connected to' } as const;
  const waits = { ...worker({ READY: 'still connecting' }, { ready }), name: 'waits', startTimeout: 1000 };
  const { supervisor, log } = supervise(t, [
    worker({ READY: '\u001b[32mconnected\u001b[0m to Slack' }, { ready }),
    waits,
  ]);
  const failed = log.first(isState('waits', 'backoff'));
  supervisor.start();
  await log.first(isState('alpha', 'ready'));
  assert.equal(statusOf(supervisor, 'alpha').last_error, null);
  assert.equal(
    statusOf(supervisor, 'waits').last_error,
    'not ready yet: no line of its output held the text of ready_log',
  );
  await failed;
  assert.equal(
    statusOf(supervisor, 'waits').last_error,
    'no line of its output held the text of ready_log within 1s; its last line: still connecting',
  );
});

test('one with ready: ipc is ready once it sends ready, whatever else it sends, and keeps its channel', async (t) => {
  const sends = JSON.stringify([{ type: 'metrics' }, 'nearly', 'ready', { after: true }]);
  const { supervisor, log } = supervise(t, [
    worker({ SENDS: sends }, { ready: { kind: 'ipc' } }),
    {
      ...worker({ SENDS: '["steady"]' }, { ready: { kind: 'ipc' }, startTimeout: 1000 }),
      name: 'waits',
    },
  ]);
  const failed = log.first(isState('waits', 'backoff'));
  supervisor.start();
  await log.first(isState('alpha', 'ready'));
  await failed;
  assert.equal(
    statusOf(supervisor, 'waits').last_error,
    "it has not sent 'ready' with process.send within 1s; its last line: up without PORT",
  );
  assert.equal(statusOf(supervisor, 'alpha').state, 'ready');
  assert.equal(statusOf(supervisor, 'alpha').restarts, 0);
});

test('a message reaches gwproxy through the limits that a shell sets first, and from Python', async (t) => {
  const { launch } = worker();
  assert.ok(launch.kind === 'command');
  const limits = { ...launch.process, umask: 0o027, maxOpenFiles: 256 };
  const python =
    'import os, time\nos.write(int(os.environ["NODE_CHANNEL_FD"]), b"\\"ready\\"\\n")\ntime.sleep(99)';
  const ready = { kind: 'ipc' } as const;
  const { supervisor } = supervise(t, [
    {
      ...worker({}, { ready }),
      name: 'limited',
      launch: { ...launch, env: { SENDS: ['["ready"]'] }, process: limits },
    },
    {
      ...worker({}, { ready }),
      name: 'python',
      launch: {
        ...launch,
        command: [['python3'], ['-c'], [python]],
        env: { PATH: [process.env.PATH ?? ''] },
      },
    },
  ]);
  supervisor.start();
  await supervisor.settled();
  assert.equal(statusOf(supervisor, 'limited').state, 'ready');
  assert.equal(statusOf(supervisor, 'python').state, 'ready');
});

test('a gateway with listeners and ready: ipc gets no requests before its message', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'sends-late.mjs', { ready: { kind: 'ipc' } })]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  // It sends its message at the third probe that it answers.
  await log.first(isState('alpha', 'ready'));
  const probed = log.events.findIndex(isLine('alpha', 'probed 2'));
  const served = log.events.findIndex(({ type }) => type === 'listener.ready');
  assert.ok(probed !== -1 && probed < served, 'a probe was answered before');
  assert.equal(door.target('alpha').state, 'ready');
});

test('a changed ready_after counts from now on, and from the moment at which the bot was spawned', async (t) => {
  const before = [worker({}, {}, 3_600_000)];
  const after = [worker({}, {}, 50)];
  const { supervisor, log } = supervise(t, before);
  supervisor.start();
  await log.first(isLine('alpha', 'up without PORT'));
  supervisor.apply(planOf(after), diffPlans(planOf(before), planOf(after)));
  await log.first(isState('alpha', 'ready'));
  assert.equal(statusOf(supervisor, 'alpha').generation, 1);
});

test('the line of ready_log is seen also in more output than gwproxy reports', async (t) => {
  const { launch } = worker();
  assert.ok(launch.kind === 'command');
  const script = 'yes noise | head -n 200000; echo connected to Slack; exec sleep 300';
  const chatty = worker({}, { ready: { kind: 'log', text: 'connected to' }, startTimeout: 10_000 });
  const { supervisor, log } = supervise(t, [
    {
      ...chatty,
      launch: {
        ...launch,
        command: [['/bin/sh'], ['-c'], [script]],
        env: { PATH: [process.env.PATH ?? ''] },
      },
    },
  ]);
  supervisor.start();
  await supervisor.settled();
  const { state, generation } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, generation], ['ready', 1]);
  assert.ok(!log.lines('alpha').includes('connected to Slack'), 'its line was dropped');
});
