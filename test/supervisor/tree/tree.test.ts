import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CensusEntry, takeCensus } from '../../../src/supervisor/tree/census.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { processesOf, strayDescendants } from '../../../src/supervisor/tree/tree.ts';
import { isRunning, markOf, printedPids } from '../processes.ts';
import { isLine, isState, pidOf, profile, statusOf, supervise } from '../support.ts';

const patient = { drain: 30_000, signal: 'SIGTERM', grace: 30_000 } as const;

test('a stop ends grandchildren in sessions of their own, with the signal that the gateway gets', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'strays.mjs', { stop: patient })]);
  supervisor.start();
  const strays = await printedPids(log, 'alpha', 'stray', 2);
  await supervisor.settled();
  await supervisor.stop();
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  assert.deepEqual(strays.filter(isRunning), []);
  assert.ok(!log.events.some((event) => event.type === 'gateway.exit' && !event.asked));
});

// Without /proc they cannot be found.
if (HAS_PROC) {
  test('a stop ends a child that left the group and hides its environment, and so does a restart', async (t) => {
    const { supervisor, log } = supervise(t, [profile('alpha', 'hidden.mjs', { stop: patient })]);
    const hidden: number[] = [];
    t.after(() => {
      for (const pid of hidden.filter(isRunning)) process.kill(pid, 'SIGKILL');
    });
    supervisor.start();
    hidden.push(...(await printedPids(log, 'alpha', 'hidden', 1)));
    await supervisor.settled();
    await supervisor.restartProfile('alpha');
    assert.deepEqual(hidden.filter(isRunning), []);
    hidden.push(...(await printedPids(log, 'alpha', 'hidden', 2)));
    await supervisor.stop();
    assert.deepEqual(hidden.filter(isRunning), []);
  });

  test('a stop at once ends such a child too, and so does a crash after a census has seen it', async (t) => {
    const { supervisor, log } = supervise(t, [profile('alpha', 'hidden.mjs', { stop: patient })]);
    const hidden: number[] = [];
    t.after(() => {
      for (const pid of hidden.filter(isRunning)) process.kill(pid, 'SIGKILL');
    });
    supervisor.start();
    hidden.push(...(await printedPids(log, 'alpha', 'hidden', 1)));
    await supervisor.settled();
    // A census, as a status or a memory limit takes one.
    await takeCensus();
    const back = log.next(isState('alpha', 'ready'));
    process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
    await back;
    assert.deepEqual(hidden.filter(isRunning), []);
    hidden.push(...(await printedPids(log, 'alpha', 'hidden', 2)));
    await supervisor.stop({ atOnce: true });
    assert.deepEqual(hidden.filter(isRunning), []);
  });
}

test('a grandchild that does not end is killed after the grace', async (t) => {
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'strays.mjs', {
      env: { STUBBORN: ['1'] },
      stop: { drain: 30_000, signal: 'SIGTERM', grace: 300 },
    }),
  ]);
  supervisor.start();
  const strays = await printedPids(log, 'alpha', 'stray', 2);
  await supervisor.settled();
  const stays = log.first(isLine('alpha', 'stays'));
  await supervisor.stop();
  await stays;
  assert.deepEqual(strays.filter(isRunning), []);
});

test('processes that a killed gateway leaves in other sessions are ended before it starts again', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'strays.mjs', { env: { STUBBORN: ['1'] } })]);
  supervisor.start();
  const strays = await printedPids(log, 'alpha', 'stray', 2);
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
  const nameless = await printedPids(log, 'alpha', 'nameless', 1);
  const strays = await printedPids(log, 'beta', 'stray', 2);
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

test('descendants are found by their parents, up to what another gwproxy runs', () => {
  const [run, other] = ['0123456789abcdef', 'fedcba9876543210'];
  const own = `${run}/beta/1/proof`;
  const seen = (pid: number, parent: number, mark: string | null = null, isStale = false): CensusEntry => ({
    isStale,
    pid,
    parent,
    mark,
    started: pid,
    group: pid,
    session: pid,
    living: true,
    kernel: false,
  });
  // In no order: a child may have a lower pid than its parent.
  const census = [
    seen(5, 7),
    seen(2, 1, own),
    seen(7, 2),
    seen(3, 1),
    seen(8, 2, `${other}/alpha/1/proof`),
    seen(10, 2, `${other}/alpha/1/proof`, true),
    seen(11, 5, own, true),
    seen(12, 5, `${run}/alpha/1/forged`),
    seen(13, 12, 'made-up'),
    seen(14, 13, 'guard'),
    seen(15, 1, `${run}/beta/1/forged`),
    seen(9, 8),
    seen(4, 3),
  ];
  const found = strayDescendants(census, [seen(2, 1, own)], own);
  assert.deepEqual(
    found.map(({ pid }) => pid),
    [7, 5, 11, 12, 13],
  );
});
