import { begin } from './begin.ts';
import { afterUptime, type End, restartDecision } from './restart-policy.ts';
import {
  type AfterExit,
  defaultDesired,
  type Effect,
  type GatewayState,
  type Policy,
  type Stamp,
  type Step,
} from './state.ts';
import { requestedText } from './text.ts';

const SETTLE: readonly Effect[] = [{ type: 'publish' }, { type: 'endProbes' }, { type: 'clearTimer' }];

/** Carries out the planned step once no process of this generation is left. */
export function finish(state: GatewayState, after: AfterExit, moment: Stamp, policy: Policy): Step {
  const ended: GatewayState = { ...state, spawnedAt: null };
  switch (after.kind) {
    case 'start':
      return startNext(ended, policy, after.reason);
    case 'stop':
      return { state: { ...ended, phase: { name: 'stopped' } }, effects: SETTLE };
    case 'sleep':
      return { state: { ...ended, phase: { name: 'stopped' }, lastError: null }, effects: SETTLE };
    case 'policy':
      return policy.job === null
        ? applyRestartPolicy(ended, after.end, moment, policy)
        : jobEnded(ended, after.end, policy);
  }
}

/** A job has done its work, or has failed. Either way it waits for the next moment of its schedule. */
function jobEnded(ended: GatewayState, { code, reason }: End, policy: Policy): Step {
  const waiting: GatewayState = { ...ended, desired: defaultDesired(policy) };
  const state: GatewayState =
    code === 0
      ? { ...waiting, phase: { name: 'stopped' }, lastError: null }
      : { ...waiting, phase: { name: 'failed' }, lastError: reason };
  return { state, effects: SETTLE };
}

function applyRestartPolicy(ended: GatewayState, end: End, moment: Stamp, policy: Policy): Step {
  const decision = restartDecision(policy.restart, ended.history, end, moment.at, moment.random);
  const explained: GatewayState = { ...ended, lastError: end.reason };
  switch (decision.kind) {
    case 'stop': {
      const desired = defaultDesired(policy);
      // It would end the same way for every further request.
      if (desired === 'demand' && !end.served) return failed(explained, end, decision.reason);
      const lastError = desired === 'demand' ? null : `${end.reason}; ${decision.reason}`;
      return { state: { ...ended, phase: { name: 'stopped' }, desired, lastError }, effects: SETTLE };
    }
    case 'fail':
      return failed(explained, end, decision.reason);
    case 'requested': {
      const { history, delay } = decision;
      const lastError = requestedText(end.reason, decision);
      const requested: GatewayState = { ...explained, history, lastError };
      return delay === 0
        ? startNext(requested, policy, lastError)
        : backOff(requested, { delay, requested: true }, moment);
    }
    case 'at-once': {
      const { history } = decision;
      return startNext({ ...explained, restarts: explained.restarts + 1, history }, policy, end.reason);
    }
    case 'backoff':
      return backOff(
        { ...explained, history: decision.history },
        { delay: decision.delay, requested: false },
        moment,
      );
  }
}

/** Waits `delay` ms before the next start. */
function backOff(
  ended: GatewayState,
  { delay, requested }: { readonly delay: number; readonly requested: boolean },
  { at }: Stamp,
): Step {
  const { generation } = ended;
  return {
    state: { ...ended, phase: { name: 'backoff', nextStartAt: at + delay, requested } },
    effects: [...SETTLE, { type: 'startTimer', name: 'backoffElapsed', generation, ms: delay }],
  };
}

function failed(ended: GatewayState, end: End, why: string): Step {
  return {
    state: { ...ended, phase: { name: 'failed' }, lastError: `${end.reason}; ${why}` },
    effects: SETTLE,
  };
}

/** Begins the next generation in the same step, after the last one's probes have ended. */
function startNext(ended: GatewayState, policy: Policy, restartedAfter: string | null = null): Step {
  const { state, effects } = begin(ended, policy, restartedAfter);
  return { state, effects: [{ type: 'endProbes' }, ...effects] };
}

/** The restart history of a gateway that leaves its phase at that moment (epoch ms). */
export function historyAt(state: GatewayState, at: number, policy: Policy): GatewayState['history'] {
  return state.phase.name === 'ready'
    ? afterUptime(policy.restart, state.history, at - state.phase.since)
    : state.history;
}
