import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RestartPolicy } from '../../src/config/types.ts';
import {
  afterEnd,
  afterUptime,
  backoff,
  NO_RESTARTS,
  type RestartHistory,
} from '../../src/supervisor/restart.ts';

const always: RestartPolicy = {
  when: 'always',
  min: 500,
  max: 30_000,
  reset: 60_000,
  exitCodes: {},
  giveUp: null,
};
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const bounds = fc
  .tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 100_000 }))
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));

test('a delay is never below min and never above max', () => {
  fc.assert(
    fc.property(bounds, fc.nat(2000), random, (policy, attempts, chance) => {
      const delay = backoff(policy, attempts, chance);
      assert.ok(delay >= policy.min && delay <= policy.max, String(delay));
    }),
  );
});

test('a later attempt waits no less than an earlier one with the same chance', () => {
  fc.assert(
    fc.property(bounds, fc.nat(100), random, (policy, attempts, chance) => {
      assert.ok(backoff(policy, attempts + 1, chance) >= backoff(policy, attempts, chance));
    }),
  );
});

test('the delay grows from min to max', () => {
  const lowest = [0, 1, 2, 3, 4, 5, 6, 7].map((attempts) => backoff(always, attempts, 0));
  assert.deepEqual(lowest, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  assert.equal(backoff(always, 7, 0.999999), 30_000);
});

test('give_up agrees with a plain count over the whole past', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { maxLength: 60, size: 'max' }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 3000 }),
      (gaps, restarts, within) => {
        const policy: RestartPolicy = { ...always, giveUp: { restarts, within } };
        const past: number[] = [];
        let history: RestartHistory = NO_RESTARTS;
        let at = 1_000_000;
        for (const gap of gaps) {
          at += gap;
          past.push(at);
          const decision = afterEnd(policy, history, true, at, 0.5);
          const tooMany = past.filter((time) => time >= at - within).length > restarts;
          assert.equal(decision.kind, tooMany ? 'fail' : 'restart');
          if (decision.kind !== 'restart') return;
          history = decision.history;
          assert.ok(history.times.length <= restarts + 1);
        }
      },
    ),
  );
});

test('the window reaches back to the millisecond', () => {
  const policy: RestartPolicy = { ...always, giveUp: { restarts: 1, within: 1000 } };
  const history: RestartHistory = { attempts: 1, times: [5000] };
  assert.equal(afterEnd(policy, history, true, 6000, 0).kind, 'fail');
  assert.equal(afterEnd(policy, history, true, 6001, 0).kind, 'restart');
});

test('the policy says which ends are followed by a restart', () => {
  const kind = (when: RestartPolicy['when'], failure: boolean): string =>
    afterEnd({ ...always, when }, NO_RESTARTS, failure, 0, 0).kind;
  assert.deepEqual([kind('always', true), kind('always', false)], ['restart', 'restart']);
  assert.deepEqual([kind('on-failure', true), kind('on-failure', false)], ['restart', 'rest']);
  assert.deepEqual([kind('never', true), kind('never', false)], ['fail', 'rest']);
});

test('the backoff begins anew after the reset uptime, and not before', () => {
  const worn: RestartHistory = { attempts: 9, times: [1] };
  assert.equal(afterUptime(always, worn, 59_999).attempts, 9);
  assert.deepEqual(afterUptime(always, worn, 60_000), { attempts: 0, times: [1] });
});
