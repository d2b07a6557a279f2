import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfilePlan } from '../../src/config/types.ts';
import { isState, profile, statusOf, supervise } from './support.ts';

/** A job whose work is that text for sh(1); `timeout` is its run.timeout in ms. */
function job(script: string, timeout: number | null = null): ProfilePlan {
  const { launch } = profile('job', 'worker.mjs');
  assert.ok(launch.kind === 'command');
  return profile('job', 'worker.mjs', {
    launch: { ...launch, command: [['/bin/sh'], ['-c'], [script]], env: { PATH: [process.env.PATH ?? ''] } },
    start: 'scheduled',
    listeners: [],
    ready: { kind: 'lived', after: 1 },
    schedule: { action: 'run', pattern: '0 4 1 1 *', timezone: 'UTC', timeout },
  });
}

test('a job that has ended in time is done, also if gwproxy was stopped until its run.timeout was over', async (t) => {
  const { supervisor, log } = supervise(t, [job('sleep 0.3', 1000)]);
  supervisor.start();
  void supervisor.startProfile('job');
  await log.first(isState('job', 'ready'));
  // Nothing of gwproxy runs meanwhile, as after SIGSTOP.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  await log.first((event) => event.type === 'gateway.exit');
  assert.deepEqual(log.states('job'), ['starting', 'ready', 'stopped']);
  assert.equal(statusOf(supervisor, 'job').last_error, null);
});

test('a job that succeeds and leaves a process behind is done, and is no trouble', async (t) => {
  const { supervisor, log } = supervise(t, [job('sleep 300 & exit 0')]);
  supervisor.start();
  void supervisor.startProfile('job');
  const done = await log.first(isState('job', 'stopped'));
  assert.ok(done.type === 'gateway.state');
  assert.match(done.reason ?? '', /^the job is done after /);
  const ending = await log.first(isState('job', 'stopping'));
  assert.ok(ending.type === 'gateway.state');
  const why = 'the job is done; the processes that it left running are ended';
  assert.deepEqual([ending.unfit, ending.reason], [false, why]);
});

test('a job that fails and leaves a process behind is trouble', async (t) => {
  const { supervisor, log } = supervise(t, [job('sleep 300 & exit 3')]);
  supervisor.start();
  void supervisor.startProfile('job');
  await log.first(isState('job', 'failed'));
  const ending = await log.first(isState('job', 'stopping'));
  assert.ok(ending.type === 'gateway.state' && ending.unfit);
});
