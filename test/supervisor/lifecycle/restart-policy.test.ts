import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExitAction, RestartPolicy } from '../../../src/config/types.ts';
import {
  afterUptime,
  backoff,
  type End,
  NO_RESTARTS,
  type RestartHistory,
  restartDecision,
} from '../../../src/supervisor/lifecycle/restart-policy.ts';

const always: RestartPolicy = {
  when: 'always',
  min: 500,
  max: 30_000,
  reset: 60_000,
  exitCodes: {},
  giveUp: null,
};
const crash: End = { reason: 'exited with code 1', code: 1, served: true };
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
      fc.boolean(),
      (gaps, restarts, within, served) => {
        const policy: RestartPolicy = { ...always, giveUp: { restarts, within } };
        const past: number[] = [];
        let history: RestartHistory = NO_RESTARTS;
        let at = 1_000_000;
        for (const gap of gaps) {
          at += gap;
          past.push(at);
          const decision = restartDecision(policy, history, { ...crash, served }, at, 0.5);
          const tooMany = past.filter((time) => time >= at - within).length > restarts;
          assert.equal(decision.kind === 'fail', tooMany);
          if (decision.kind !== 'at-once' && decision.kind !== 'backoff') return;
          history = decision.history;
          assert.ok(history.times.length <= restarts + 1);
        }
      },
    ),
  );
});

test('the window reaches back to the millisecond', () => {
  const policy: RestartPolicy = { ...always, giveUp: { restarts: 1, within: 1000 } };
  const history: RestartHistory = { ...NO_RESTARTS, level: 1, times: [5000] };
  assert.equal(restartDecision(policy, history, crash, 6000, 0).kind, 'fail');
  assert.equal(restartDecision(policy, history, crash, 6001, 0).kind, 'backoff');
});

test('the policy decides which ends are followed by a restart', () => {
  const kind = (when: RestartPolicy['when'], code: number | null): string =>
    restartDecision({ ...always, when }, NO_RESTARTS, { ...crash, code }, 0, 0).kind;
  assert.deepEqual([kind('always', 1), kind('always', null), kind('always', 0)], Array(3).fill('at-once'));
  assert.deepEqual(
    [kind('on-failure', 1), kind('on-failure', null), kind('on-failure', 0)],
    ['at-once', 'at-once', 'stop'],
  );
  assert.deepEqual([kind('never', 1), kind('never', null), kind('never', 0)], ['fail', 'fail', 'stop']);
});

/** The waits before so many restarts in a row, with the least chance. */
function waits(served: readonly boolean[]): number[] {
  let history = NO_RESTARTS;
  return served.map((each) => {
    const decision = restartDecision(always, history, { ...crash, served: each }, 0, 0);
    assert.ok(decision.kind === 'at-once' || decision.kind === 'backoff');
    history = decision.history;
    return decision.kind === 'at-once' ? 0 : decision.delay;
  });
}

test('the first restart of a gateway that served does not wait, later ones do', () => {
  assert.deepEqual(waits([true, true, true, true]), [0, 500, 1000, 2000]);
  assert.deepEqual(waits([true, false, true, false]), [0, 500, 1000, 2000]);
});

test('a gateway that never served waits from the first time on', () => {
  assert.deepEqual(waits([false, false, false]), [500, 1000, 2000]);
  assert.deepEqual(waits([false, true, true]), [500, 1000, 2000]);
});

test('an exit code means what the policy says about it, whatever else the policy says', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<RestartPolicy['when']>('always', 'on-failure', 'never'),
      fc.constantFrom<ExitAction>('at-once', 'backoff', 'stop', 'fail'),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(5),
      fc.nat(10),
      fc.nat(15),
      fc.boolean(),
      (when, action, code, level, asked, askedEarly, served) => {
        const policy: RestartPolicy = { ...always, when, exitCodes: { [code]: action } };
        const history: RestartHistory = { level, times: [], requested: asked, requestedEarly: askedEarly };
        const { kind } = restartDecision(policy, history, { reason: '', code, served }, 0, 0);
        const crashed = served && level === 0 ? 'at-once' : 'backoff';
        const expected = {
          // What asks for ever has failed, too.
          'at-once': served
            ? asked < 5
              ? 'requested'
              : crashed
            : askedEarly < 10
              ? 'requested'
              : when === 'never'
                ? 'fail'
                : 'backoff',
          backoff: when === 'never' ? 'fail' : crashed,
          stop: 'stop',
          fail: 'fail',
        };
        assert.equal(kind, expected[action]);
        const other = restartDecision(policy, history, { reason: '', code: (code + 1) % 256, served }, 0, 0);
        const plain = restartDecision(
          { ...policy, exitCodes: {} },
          history,
          { reason: '', code: (code + 1) % 256, served },
          0,
          0,
        );
        assert.deepEqual(other, plain);
        const killed = restartDecision(policy, history, { reason: '', code: null, served }, 0, 0);
        assert.equal(killed.kind, when === 'never' ? 'fail' : crashed);
      },
    ),
  );
});

test('the waits start again after the reset uptime, and not before', () => {
  const worn: RestartHistory = { level: 9, times: [1], requested: 9, requestedEarly: 9 };
  assert.equal(afterUptime(always, worn, 59_999).level, 9);
  assert.deepEqual(afterUptime(always, worn, 60_000), { ...NO_RESTARTS, times: [1] });
});

test('exits that ask for a restart before the gateway is ready wait a second each, and count after the tenth', () => {
  const ends = fc.array(fc.record({ code: fc.constantFrom(75, 1), served: fc.boolean() }), {
    maxLength: 60,
    size: 'max',
  });
  fc.assert(
    fc.property(ends, random, fc.integer({ min: 1, max: 3000 }), (all, chance, max) => {
      const policy: RestartPolicy = {
        ...always,
        max,
        exitCodes: { 75: 'at-once' },
        giveUp: { restarts: 3, within: 60_000 },
      };
      let history = NO_RESTARTS;
      let early = 0;
      for (const { code, served } of all) {
        const decision = restartDecision(policy, history, { reason: '', code, served }, 0, chance);
        if (code === 75 && !served) {
          early += 1;
          assert.equal(decision.kind === 'requested', early <= 10);
          if (decision.kind === 'requested') {
            assert.ok(decision.delay >= Math.min(1000, max) && decision.delay <= Math.min(1500, max));
            const { level, times } = decision.history;
            assert.deepEqual(
              { level, times },
              { level: history.level, times: history.times },
              'it does not count',
            );
            assert.deepEqual([decision.request, decision.most], [early, 10]);
          }
        }
        if (decision.kind === 'fail' || decision.kind === 'stop') return;
        history = decision.history;
      }
    }),
  );
});
