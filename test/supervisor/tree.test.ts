import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processesOf } from '../../src/supervisor/tree.ts';
import { isRunning, markOf, toldPids } from './processes.ts';
import { isLine, isState, pidOf, profile, statusOf, supervise } from './support.ts';

const patient = { drain: 30_000, signal: 'SIGTERM', grace: 30_000 } as const;

test('a stop ends grandchildren in sessions of their own, with the signal that the gateway gets', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'strays.mjs', { stop: patient })]);
  supervisor.start();
  const strays = await toldPids(log, 'alpha', 'stray', 2);
  await supervisor.settled();
  await supervisor.stop();
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  assert.deepEqual(strays.filter(isRunning), []);
  assert.ok(!log.events.some((event) => event.type === 'gateway.exit' && !event.asked));
});

test('a grandchild that does not end is killed after the grace', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'strays.mjs', {
      env: { STUBBORN: ['1'] },
      stop: { drain: 30_000, signal: 'SIGTERM', grace: 300 },
    }),
  ]);
  supervisor.start();
  const strays = await toldPids(log, 'alpha', 'stray', 2);
  await supervisor.settled();
  const told = log.first(isLine('alpha', 'stays'));
  await supervisor.stop();
  await told;
  assert.deepEqual(strays.filter(isRunning), []);
});

test('what a killed gateway leaves in other sessions is ended before it starts again', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'strays.mjs', { env: { STUBBORN: ['1'] } })]);
  supervisor.start();
  const strays = await toldPids(log, 'alpha', 'stray', 2);
  await supervisor.settled();
  const again = log.next(isState('alpha', 'starting'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
  await again;
  assert.deepEqual(strays.filter(isRunning), []);
  await supervisor.settled();
});

test('the processes of a gateway are its group, whatever they hide, and those that carry its mark', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'nameless.mjs'), profile('beta', 'strays.mjs')]);
  supervisor.start();
  const nameless = await toldPids(log, 'alpha', 'nameless', 1);
  const strays = await toldPids(log, 'beta', 'stray', 2);
  await supervisor.settled();
  for (const [name, others] of [
    ['alpha', nameless],
    ['beta', strays],
  ] as const) {
    const pid = pidOf(supervisor, name);
    const found = await processesOf(pid, markOf(pid));
    assert.deepEqual([...found].sort(), [pid, ...others].sort());
  }
  await supervisor.stop();
  assert.deepEqual([...nameless, ...strays].filter(isRunning), []);
});
