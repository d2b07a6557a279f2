import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { initialState } from '../../../src/supervisor/lifecycle/begin.ts';
import { type GatewayState, type Phase, policyOf } from '../../../src/supervisor/lifecycle/state.ts';
import {
  keepRestarts,
  NO_RESTARTS_DUE,
  needsRestart,
  nextRestart,
  queueRestarts,
  type RestartQueue,
  restartDone,
  restartIsOver,
} from '../../../src/supervisor/schedules/restart-queue.ts';
import { profile } from '../support.ts';

const due = (name: string, moment = 1000) => ({ profile: name, moment });

test('restarts that are due together are carried out one after the other, in their order', () => {
  const names = Array.from({ length: 40 }, (_, index) => `bot-${index}`);
  let { queue } = queueRestarts(
    NO_RESTARTS_DUE,
    names.map((name) => due(name)),
  );
  const done: string[] = [];
  for (let turns = 0; turns < 100; turns += 1) {
    queue = nextRestart(queue);
    if (queue.current === null) break;
    assert.equal(nextRestart(queue), queue, 'one at a time');
    done.push(queue.current.profile);
    queue = restartDone(queue);
  }
  assert.deepEqual(done, names);
});

test('a profile whose last restart is not done yet is busy, and is not queued again', () => {
  const first = queueRestarts(NO_RESTARTS_DUE, [due('a'), due('b')]);
  const running = nextRestart(first.queue);
  const second = queueRestarts(running, [due('a', 2000), due('b', 2000), due('c', 2000)]);
  assert.deepEqual(second.busy, [due('a', 2000), due('b', 2000)]);
  assert.deepEqual(second.queue, { current: due('a'), waiting: [due('b'), due('c', 2000)] });
});

test('a profile without a schedule any more is not restarted', () => {
  const { queue } = queueRestarts(NO_RESTARTS_DUE, [due('a'), due('b')]);
  const kept = keepRestarts(queue, (name) => name !== 'a');
  assert.deepEqual(nextRestart(kept).current, due('b'));
});

test('whatever is due when, no profile is queued twice and none is lost', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    fc.uniqueArray(name).map((names) => ({ type: 'due' as const, names })),
    fc.constant({ type: 'next' as const }),
    fc.constant({ type: 'done' as const }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      let queue: RestartQueue = NO_RESTARTS_DUE;
      for (const each of steps) {
        if (each.type === 'due') {
          const before = names(queue);
          const next = queueRestarts(
            queue,
            each.names.map((one) => due(one)),
          );
          queue = next.queue;
          const busy = next.busy.map(({ profile: one }) => one);
          assert.deepEqual(busy.sort(), each.names.filter((one) => before.includes(one)).sort());
          assert.deepEqual(new Set(names(queue)), new Set([...before, ...each.names]));
        } else queue = each.type === 'next' ? nextRestart(queue) : restartDone(queue);
        assert.equal(new Set(names(queue)).size, names(queue).length);
      }
    }),
  );
});

function names({ current, waiting }: RestartQueue): readonly string[] {
  return [...(current === null ? [] : [current]), ...waiting].map(({ profile: one }) => one);
}

const ASLEEP = initialState(policyOf(profile('alpha', 'serve.mjs')));
const serving = { pid: 1, met: [], served: true };
const PHASES: readonly Phase[] = [
  { name: 'stopped' },
  { name: 'failed' },
  { name: 'backoff', nextStartAt: 5000, requested: false },
  { name: 'starting', ...serving, restartedAfter: null },
  { name: 'ready', ...serving, since: 500 },
  { name: 'unready', ...serving },
  { name: 'draining', pid: 1, after: { kind: 'start', reason: null } },
  { name: 'stopping', pid: 1, after: { kind: 'stop' }, kill: false, exited: false },
];

function inPhase(phase: Phase, changes: Partial<GatewayState> = {}): GatewayState {
  return { ...ASLEEP, phase, generation: 3, spawnedAt: 500, ...changes };
}

test('only a gateway that runs since before the moment needs its restart', () => {
  const needing = PHASES.filter((phase) => needsRestart(inPhase(phase), 1000)).map(({ name }) => name);
  assert.deepEqual(needing, ['ready', 'unready']);
  const [ready] = PHASES.filter(({ name }) => name === 'ready');
  assert.ok(ready !== undefined);
  assert.ok(!needsRestart(inPhase(ready, { spawnedAt: 1001 }), 1000), 'it has started since');
});

test('the next restart begins when this one is ready again, has failed, or was stopped', () => {
  const over = (ended: number) =>
    PHASES.filter((phase) => restartIsOver(inPhase(phase), ended)).map(({ name }) => name);
  assert.deepEqual(over(2), ['stopped', 'failed', 'backoff', 'ready', 'unready']);
  assert.deepEqual(over(3), ['stopped', 'failed', 'backoff'], 'the same generation still runs');
});
