import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfilePlan } from '../../src/config/types.ts';
import { FakeDoor, isLine, isState, pidOf, profile, statusOf, supervise } from './support.ts';

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
  assert.deepEqual([error, exit?.code], ['exited with code 3', 3]);
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
