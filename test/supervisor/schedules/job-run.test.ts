import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialState } from '../../../src/supervisor/lifecycle/begin.ts';
import { type Desired, type Phase, policyOf } from '../../../src/supervisor/lifecycle/state.ts';
import { jobRun } from '../../../src/supervisor/schedules/job-run.ts';
import { profile } from '../support.ts';

const unstarted = initialState(policyOf(profile('nightly', 'worker.mjs')));
const running: Phase = { name: 'ready', pid: 1, met: [], served: true, since: 0 };
const stopping: Phase = { name: 'stopping', pid: 1, after: { kind: 'stop' }, kill: false, exited: false };

function decide(phase: Phase, desired: Desired): string {
  return jobRun({ ...unstarted, phase, desired });
}

test('a job that waits or has failed is run, and one that still runs is busy', () => {
  assert.equal(decide({ name: 'stopped' }, 'demand'), 'run');
  assert.equal(decide({ name: 'failed' }, 'demand'), 'run');
  assert.equal(decide(running, 'up'), 'busy');
  assert.equal(decide(stopping, 'up'), 'busy', 'its time is over, but it has not ended');
});

test('a job that the operator stopped is not run, and no moment is counted', () => {
  assert.equal(decide({ name: 'stopped' }, 'down'), 'off');
  assert.equal(decide(stopping, 'down'), 'off');
});
