import { duration } from '../../util/duration.ts';
import { begin } from './begin.ts';
import { endAtOnce, endGracefully, exited, idle, mustRestart, signalGroup } from './ending.ts';
import { finish } from './finish.ts';
import { conditionLost, conditionMet, hung, startTimeout } from './readiness.ts';
import { NO_RESTARTS } from './restart-policy.ts';
import { reconfigured, spawned, spawnFailed } from './starting.ts';
import {
  type AfterExit,
  type EndingPhase,
  type GatewayEvent,
  type GatewayState,
  isEnding,
  isServing,
  type Policy,
  type Stamp,
  type Step,
  unchanged,
} from './state.ts';

/**
 * Returns the next state of one gateway and the effects to carry out, in order. Pure and total: an event that has no
 * meaning in this state, or that belongs to an older generation, changes nothing. Every change is published to the
 * doors before any other effect, so that a gateway has left routing before it gets a signal.
 */
export function reduce(state: GatewayState, event: GatewayEvent & Stamp, policy: Policy): Step {
  if ('generation' in event && event.generation !== state.generation) return unchanged(state);
  switch (event.type) {
    case 'start':
      return start(state, policy);
    case 'restart':
      return restart(state, event, policy);
    case 'scheduledRestart':
      return scheduledRestart(state, event.reason, event, policy);
    case 'scheduledRun':
      // Neither a job that still runs nor one that an operator stopped.
      return policy.job !== null && state.desired === 'demand' ? start(state, policy) : unchanged(state);
    case 'stop':
      return stop(state, event.atOnce, event, policy);
    case 'ensureReady':
      // Starts only a gateway that sleeps or is about to: never one in backoff, never one that was stopped.
      return state.desired === 'demand' ? start(state, policy) : unchanged(state);
    case 'reconfigured':
      return reconfigured(state, event.at, policy);
    case 'spawned':
      return spawned(state, event.pid, event.at, policy);
    case 'spawnFailed':
      return spawnFailed(state, event.reason, event, policy);
    case 'conditionMet':
      return conditionMet(state, event.condition, event.at, policy);
    case 'conditionLost':
      return conditionLost(state, event.condition, event.reason, event.at, policy);
    case 'exited':
      return exited(state, event, policy);
    case 'gone':
      return state.phase.name === 'stopping' && state.phase.exited
        ? finish(state, state.phase.after, event, policy)
        : unchanged(state);
    case 'trouble':
      return { state: { ...state, lastError: event.reason }, effects: [] };
    case 'hung':
      return hung(state, event.condition, event.reason, event, policy);
    case 'memoryExceeded':
      return mustRestart(state, event.reason, event, policy);
    case 'idle':
      return idle(state, event, policy);
    case 'readyAfter':
      return conditionMet(state, { kind: 'lived' }, event.at, policy);
    case 'startTimeout':
      return startTimeout(state, event, policy);
    case 'runTimeout':
      return mustRestart(state, runTimeoutText(policy), event, policy);
    case 'drained':
    case 'drainTimeout':
      return state.phase.name === 'draining'
        ? signalGroup(state, state.phase.after, event, policy)
        : unchanged(state);
    case 'graceTimeout':
      return state.phase.name === 'stopping'
        ? endAtOnce(state, state.phase.after, event, policy)
        : unchanged(state);
    case 'backoffElapsed':
      if (state.phase.name !== 'backoff') return unchanged(state);
      return begin({ ...state, restarts: state.restarts + (state.phase.requested ? 0 : 1) }, policy);
  }
}

function runTimeoutText({ job }: Policy): string {
  return `it ran for longer than its run.timeout (${duration(job?.timeout ?? 0)})`;
}

function start(state: GatewayState, policy: Policy): Step {
  const started: GatewayState = { ...state, desired: 'up' };
  const { phase } = started;
  if (isServing(phase)) return unchanged(started);
  if (isEnding(phase)) return changeAfterExit(started, phase, { kind: 'start', reason: null });
  return begin({ ...started, history: NO_RESTARTS }, policy);
}

function restart(state: GatewayState, moment: Stamp, policy: Policy): Step {
  const after: AfterExit = { kind: 'start', reason: null };
  return isServing(state.phase)
    ? endGracefully({ ...state, desired: 'up', history: NO_RESTARTS }, after, moment, policy)
    : start(state, policy);
}

/**
 * Gracefully restarts a gateway that has started. Any other one is stopped, has failed, or begins anew by itself. What
 * its earlier ends have come to (its backoff, its give_up) goes on to count: a schedule says nothing about them.
 */
function scheduledRestart(state: GatewayState, reason: string, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  if (!policy.managed || (phase.name !== 'ready' && phase.name !== 'unready')) return unchanged(state);
  return endGracefully(state, { kind: 'start', reason }, moment, policy);
}

function stop(state: GatewayState, atOnce: boolean, moment: Stamp, policy: Policy): Step {
  const stopped: GatewayState = { ...state, desired: 'down', lastError: null };
  const { phase } = stopped;
  if (isServing(phase)) {
    const after: AfterExit = { kind: 'stop' };
    return atOnce ? endAtOnce(stopped, after, moment, policy) : endGracefully(stopped, after, moment, policy);
  }
  if (isEnding(phase)) {
    const after: AfterExit = { kind: 'stop' };
    return atOnce ? endAtOnce(stopped, after, moment, policy) : changeAfterExit(stopped, phase, after);
  }
  if (phase.name === 'stopped' && state.desired === 'down') return unchanged(stopped);
  // Published even if it had stopped before: doors hold requests for a gateway that sleeps, but must refuse them from
  // now on.
  return {
    state: { ...stopped, phase: { name: 'stopped' } },
    effects: [{ type: 'publish' }, { type: 'clearTimer' }],
  };
}

/** Changes what follows the end of a gateway that is ending already. */
function changeAfterExit(state: GatewayState, phase: EndingPhase, after: AfterExit): Step {
  return { state: { ...state, phase: { ...phase, after } }, effects: [{ type: 'publish' }] };
}
