import assert from 'node:assert/strict';
import type { Target } from '../../../src/snapshot.ts';
import { reduce } from '../../../src/supervisor/lifecycle/reduce.ts';
import {
  defaultDesired,
  type Effect,
  type GatewayEvent,
  type GatewayState,
  hasSettled,
  isEnding,
  isServing,
  type Policy,
  type Stamp,
} from '../../../src/supervisor/lifecycle/state.ts';

/** One step of the reducer. */
export interface Taken {
  readonly before: GatewayState;
  readonly event: GatewayEvent & Stamp;
  readonly after: GatewayState;
  readonly effects: readonly Effect[];
  readonly policy: Policy;
}

/** What holds for every single step. `served`: the generation before it, or one of its listeners, was ready. */
export function checkStep(taken: Taken, served: boolean): void {
  const { before, event, after } = taken;
  if ('generation' in event && event.generation !== before.generation) {
    assert.equal(after, before, `${event.type} of a dead generation changed something`);
    return;
  }
  checkSpawn(taken, served);
  checkRestarts(taken);
  if (event.type === 'exited') checkExit(taken, event.code, event.groupLeft, served);
  if (event.type === 'idle') checkIdle(taken);
  if (event.type === 'scheduledRestart') checkScheduled(taken);
  if (taken.policy.job !== null) checkJob(taken);
  if (event.type === 'hung' || event.type === 'memoryExceeded') checkUnfit(taken);
}

/** What holds between two steps. */
export function checkDesired({ phase, desired }: GatewayState, targets: readonly Target[]): void {
  // A job that failed waits for its schedule; no other gateway is without a target and scheduled.
  const waits = phase.name === 'stopped' || (phase.name === 'failed' && targets.length === 0);
  const sleeps = waits || (isEnding(phase) && phase.after.kind === 'sleep');
  if (desired === 'demand') {
    assert.ok(sleeps, `sleeps while ${phase.name}`);
    assert.ok(
      targets.every(({ state }) => state === 'pending'),
      'what a request can wake is worth a hold',
    );
  }
  if (isEnding(phase) && phase.after.kind === 'sleep') assert.equal(desired, 'demand');
  if (phase.name === 'stopped') assert.notEqual(desired, 'up');
}

/** A start was asked for, has waited, or follows a generation that served: there is no hot loop. */
function checkSpawn({ before, event, after, effects, policy }: Taken, served: boolean): void {
  if (!effects.some(({ type }) => type === 'spawn')) return;
  const asked =
    event.type === 'start' ||
    event.type === 'restart' ||
    event.type === 'ensureReady' ||
    event.type === 'scheduledRun';
  const planned = isEnding(before.phase) && before.phase.after.kind === 'start' ? before.phase.after : null;
  if (asked || planned !== null || event.type === 'backoffElapsed') {
    assert.ok(after.phase.name === 'starting');
    assert.equal(after.phase.restartedAfter, planned?.reason ?? null);
    if (planned !== null) assert.deepEqual(after.history, before.history);
    return;
  }
  assert.ok(served, 'started at once after a generation that never served');
  assert.ok(
    after.phase.name === 'starting' && after.phase.restartedAfter !== null,
    'nobody is told why it starts',
  );
  const code = event.type === 'exited' && isServing(before.phase) ? event.code : codeOf(before);
  if (code !== null && policy.restart.exitCodes[code] === 'at-once') {
    assert.ok(
      [0, before.history.level].includes(after.history.level),
      'what was asked for counts as a crash',
    );
    assert.deepEqual(after.history.times, before.history.times);
  } else {
    assert.equal(after.history.level, 1, 'only the first restart in a row waits for nothing');
  }
}

/** The code that is still to be judged, since the rest of its group ends first. */
function codeOf({ phase }: GatewayState): number | null {
  return isEnding(phase) && phase.after.kind === 'policy' ? phase.after.end.code : null;
}

/** Every start that was not asked for is counted, and no other. */
function checkRestarts({ before, event, after, effects, policy }: Taken): void {
  const began = effects.some(({ type }) => type === 'spawn' || type === 'probe');
  const atOnce = began && after.phase.name === 'starting' && after.phase.restartedAfter !== null;
  const code = event.type === 'exited' && isServing(before.phase) ? event.code : codeOf(before);
  const planned = isEnding(before.phase) && before.phase.after.kind === 'start';
  const wanted = planned || (code !== null && policy.restart.exitCodes[code] === 'at-once');
  const waitedOnRequest = before.phase.name === 'backoff' && before.phase.requested;
  const counts =
    after.generation > before.generation &&
    ((event.type === 'backoffElapsed' && !waitedOnRequest) || (atOnce && !wanted));
  assert.equal(after.restarts, before.restarts + (counts ? 1 : 0));
}

function checkExit(
  { before, event, after, policy }: Taken,
  code: number | null,
  groupLeft: boolean,
  served: boolean,
): void {
  const { phase } = before;
  if (isEnding(phase)) {
    // An end that we caused is no crash, and its code has no meaning.
    if (phase.after.kind !== 'policy') assert.ok(!['failed', 'backoff'].includes(after.phase.name));
    for (const other of [0, 1, 75, 78]) {
      const { state } = reduce(before, { ...event, ...{ code: other } }, policy);
      assert.deepEqual({ ...state, lastExit: null }, { ...after, lastExit: null });
    }
    return;
  }
  const action = code === null ? undefined : policy.restart.exitCodes[code];
  if (groupLeft) {
    assert.equal(after.phase.name, 'stopping');
    return;
  }
  if (policy.job !== null) {
    assert.equal(after.phase.name, code === 0 ? 'stopped' : 'failed');
    assert.equal(after.lastError === null, code === 0);
    return;
  }
  if (action === 'fail') assert.equal(after.phase.name, 'failed');
  if (action === 'stop') {
    // Each request would start it again, to end the same way.
    const inVain = defaultDesired(policy) === 'demand' && !served;
    assert.equal(after.phase.name, inVain ? 'failed' : 'stopped');
    if (!inVain) assert.equal(after.desired, defaultDesired(policy));
  }
  if (action === 'at-once' && served && before.history.requested < 5)
    assert.equal(after.phase.name, 'starting');
  if (action === 'at-once' && !served) checkEarlyRequest({ before, event, after, policy });
}

/** An exit that asks for a restart before the gateway was ready: a short wait that does not grow, and no failure. */
function checkEarlyRequest({ before, event, after, policy }: Omit<Taken, 'effects'>): void {
  const isRequested = before.history.requestedEarly < 10;
  assert.ok(isRequested || after.phase.name === 'backoff' || after.phase.name === 'failed');
  assert.equal(after.phase.name === 'backoff' && after.phase.requested, isRequested);
  assert.equal(hasSettled(after), !isRequested, 'whoever waits for its start goes on waiting');
  if (after.phase.name !== 'backoff' || !after.phase.requested) return;
  assert.ok(after.phase.nextStartAt - event.at <= Math.min(1500, policy.restart.max));
  const { level, times } = before.history;
  assert.deepEqual(
    { ...after.history, requestedEarly: 0 },
    { ...before.history, requestedEarly: 0, level, times },
  );
}

function checkIdle({ before, after, policy }: Taken): void {
  const { phase } = before;
  const may = policy.managed && policy.start === 'on-demand' && policy.idleTimeout !== null;
  const sleeps = may && (phase.name === 'ready' || phase.name === 'unready');
  assert.equal(after !== before, sleeps, `idle while ${phase.name}`);
  if (sleeps) assert.ok(isEnding(after.phase) && after.phase.after.kind === 'sleep');
}

function checkScheduled({ before, after, policy }: Taken): void {
  const { phase } = before;
  const restarts = policy.managed && (phase.name === 'ready' || phase.name === 'unready');
  assert.equal(after !== before, restarts, `restarted by its schedule while ${phase.name}`);
  if (!restarts) return;
  assert.ok(isEnding(after.phase) && after.phase.after.kind === 'start');
  assert.deepEqual([after.desired, after.restarts], [before.desired, before.restarts]);
  assert.deepEqual(after.history.times, before.history.times, 'its earlier restarts still count');
}

/** A job is run by its schedule or by the operator, and is never restarted. */
function checkJob({ before, event, after, effects, policy }: Taken): void {
  assert.notEqual(after.phase.name, 'backoff');
  assert.deepEqual([after.restarts, after.history], [before.restarts, before.history]);
  if (event.type === 'scheduledRun') assert.equal(after !== before, before.desired === 'demand');
  const hasEnded = after.phase.name === 'failed' && before.phase.name !== 'failed';
  if (hasEnded) assert.equal(after.desired, defaultDesired(policy), 'its next run is by its schedule');
  if (!effects.some(({ type }) => type === 'spawn')) return;
  const planned = isEnding(before.phase) && before.phase.after.kind === 'start';
  assert.ok(planned || ['start', 'restart', 'ensureReady', 'scheduledRun'].includes(event.type));
}

function checkUnfit({ before, after, policy }: Taken): void {
  const { phase } = before;
  const leaves = policy.managed && isServing(phase);
  assert.equal(after !== before, leaves, `unfit while ${phase.name}`);
  if (!leaves) return;
  const hasListeners = policy.conditions.some(({ kind }) => kind === 'listener');
  assert.equal(after.phase.name, phase.served && hasListeners ? 'draining' : 'stopping');
  assert.notEqual(after.lastError, null);
}
