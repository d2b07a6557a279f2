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

const SETTLE: readonly Effect[] = [{ type: 'publish' }, { type: 'endProbes' }, { type: 'clearTimer' }];

/** Nothing of this life is left: what comes now? */
export function finish(state: GatewayState, after: AfterExit, moment: Stamp, policy: Policy): Step {
  const ended: GatewayState = { ...state, spawnedAt: null };
  switch (after.kind) {
    case 'start':
      return next(ended, policy);
    case 'stop':
      return { state: { ...ended, phase: { name: 'stopped' } }, effects: SETTLE };
    case 'rest':
      return { state: { ...ended, phase: { name: 'stopped' }, lastError: null }, effects: SETTLE };
    case 'judge':
      return judged(ended, after.end, moment, policy);
  }
}

function judged(ended: GatewayState, end: End, moment: Stamp, policy: Policy): Step {
  const decision = restartDecision(policy.restart, ended.history, end, moment.at, moment.random);
  const told: GatewayState = { ...ended, lastError: end.reason };
  switch (decision.kind) {
    case 'rest': {
      const desired = defaultDesired(policy);
      // The next request would start it again, for the same end, and each one after that.
      if (desired === 'demand' && !end.served) return failed(told, end, decision.reason);
      const lastError = desired === 'demand' ? null : `${end.reason}; ${decision.reason}`;
      return { state: { ...ended, phase: { name: 'stopped' }, desired, lastError }, effects: SETTLE };
    }
    case 'fail':
      return failed(told, end, decision.reason);
    case 'asked': {
      const lastError = `${end.reason}, which asks for a restart`;
      return next({ ...told, history: decision.history, lastError }, policy, lastError);
    }
    case 'at-once': {
      const { history } = decision;
      return next({ ...told, restarts: told.restarts + 1, history }, policy, end.reason);
    }
    case 'backoff':
      return {
        state: {
          ...told,
          phase: { name: 'backoff', nextStartAt: moment.at + decision.delay },
          history: decision.history,
        },
        effects: [
          ...SETTLE,
          { type: 'startTimer', name: 'backoffElapsed', generation: ended.generation, ms: decision.delay },
        ],
      };
  }
}

function failed(told: GatewayState, end: End, why: string): Step {
  return {
    state: { ...told, phase: { name: 'failed' }, lastError: `${end.reason}; ${why}` },
    effects: SETTLE,
  };
}

/** The next life begins in the same step; the last one's probes end before. */
function next(ended: GatewayState, policy: Policy, follows: string | null = null): Step {
  const { state, effects } = begin(ended, policy, follows);
  return { state, effects: [{ type: 'endProbes' }, ...effects] };
}

/** The restart history as it is when a gateway stops being ready at this moment. */
export function historyAt(state: GatewayState, at: number, policy: Policy): GatewayState['history'] {
  return state.phase.name === 'ready'
    ? afterUptime(policy.restart, state.history, at - state.phase.since)
    : state.history;
}
