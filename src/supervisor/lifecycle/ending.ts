import { finish, historyAt } from './finish.ts';
import {
  type AfterExit,
  type Effect,
  type GatewayEvent,
  type GatewayState,
  isServing,
  type Policy,
  pidOf,
  type Stamp,
  type Step,
  unchanged,
} from './state.ts';
import { exitReason } from './text.ts';

/**
 * Ends a gateway gracefully: it leaves routing, is drained if doors may hold leases on it, gets the stop signal, and
 * SIGKILL after the grace. No door holds a lease on a gateway without listeners.
 */
export function endGracefully(state: GatewayState, after: AfterExit, moment: Stamp, policy: Policy): Step {
  const { phase, generation } = state;
  const left: GatewayState = { ...state, history: historyAt(state, moment.at, policy) };
  const mayHoldLeases = policy.conditions.some(({ kind }) => kind === 'listener');
  if (!isServing(phase) || !phase.served || !mayHoldLeases) return signalGroup(left, after, moment, policy);
  return {
    state: { ...left, phase: { name: 'draining', pid: phase.pid, after } },
    effects: [
      { type: 'publish' },
      { type: 'endProbes' },
      { type: 'startTimer', name: 'drainTimeout', generation, ms: policy.stop.drain },
      { type: 'awaitDrained', generation },
    ],
  };
}

/** Sends the stop signal to the whole tree, and starts the grace. A `url:` profile has no process. */
export function signalGroup(state: GatewayState, after: AfterExit, moment: Stamp, policy: Policy): Step {
  if (!policy.managed) return finish(state, after, moment, policy);
  const pid = pidOf(state.phase);
  return {
    state: {
      ...state,
      phase: { name: 'stopping', pid, after, kill: false, exited: false },
    },
    effects: [
      { type: 'publish' },
      { type: 'endProbes' },
      { type: 'clearTimer' },
      ...(pid === null ? [] : signalEffects(pid, state.generation, policy)),
    ],
  };
}

/** The stop signal and the timer of the grace. */
export function signalEffects(pid: number, generation: number, policy: Policy): readonly Effect[] {
  return [
    { type: 'signalGroup', pid, signal: policy.stop.signal },
    { type: 'startTimer', name: 'graceTimeout', generation, ms: policy.stop.grace },
  ];
}

/** Sends SIGKILL to the whole tree, in any phase. */
export function endAtOnce(state: GatewayState, after: AfterExit, moment: Stamp, policy: Policy): Step {
  if (!policy.managed) return finish(state, after, moment, policy);
  const exited = state.phase.name === 'stopping' && state.phase.exited;
  return killGroup({ ...state, history: historyAt(state, moment.at, policy) }, after, exited);
}

function killGroup(state: GatewayState, after: AfterExit, exited: boolean): Step {
  const pid = pidOf(state.phase);
  return {
    state: { ...state, phase: { name: 'stopping', pid, after, kill: true, exited } },
    effects: [
      { type: 'publish' },
      { type: 'endProbes' },
      { type: 'clearTimer' },
      ...(pid === null ? [] : [{ type: 'killGroup' as const, pid }]),
    ],
  };
}

/**
 * The leader has ended. If gwproxy ended it, the planned step follows; else the exit code and the restart policy
 * decide.
 */
export function exited(
  state: GatewayState,
  event: Extract<GatewayEvent, { readonly type: 'exited' }> & Stamp,
  policy: Policy,
): Step {
  const { phase } = state;
  if (pidOf(phase) === null) return unchanged(state);
  const ended: GatewayState = {
    ...state,
    lastExit: {
      code: event.code,
      signal: event.signal,
      at: event.at,
      uptime: Math.max(0, event.at - (state.spawnedAt ?? event.at)),
    },
  };
  if (phase.name === 'stopping') {
    if (!event.groupLeft) return finish(ended, phase.after, event, policy);
    // The other processes got the signal too, and have the rest of the grace.
    return { state: { ...ended, phase: { ...phase, exited: true } }, effects: [] };
  }
  if (phase.name === 'draining') return endOthers(ended, phase.after, event, policy);
  if (!isServing(phase)) return unchanged(state);
  // Whatever a job wrote last is about its work.
  const hasServed = policy.job === null ? phase.served : event.code === 0;
  const reason = exitReason(event, hasServed);
  const crashed: GatewayState = { ...ended, history: historyAt(state, event.at, policy), lastError: reason };
  const after: AfterExit = { kind: 'policy', end: { reason, code: event.code, served: phase.served } };
  return endOthers(crashed, after, event, policy);
}

/** Kills the processes that outlived their leader, so that they keep no port. */
function endOthers(
  state: GatewayState,
  after: AfterExit,
  event: { readonly groupLeft: boolean } & Stamp,
  policy: Policy,
): Step {
  return event.groupLeft ? killGroup(state, after, true) : finish(state, after, event, policy);
}

/**
 * Gracefully ends a gateway that hangs, uses too much memory, or did not start in time; its restart policy treats
 * that as a failure. The requests of a hung listener are lost, but its other listeners may serve, so they are
 * drained.
 */
export function mustRestart(state: GatewayState, reason: string, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  // A `url:` profile is restarted by its own supervisor.
  if (!isServing(phase) || !policy.managed) return unchanged(state);
  const end = { reason, code: null, served: phase.served };
  return endGracefully({ ...state, lastError: reason }, { kind: 'policy', end }, moment, policy);
}

/**
 * Gracefully ends an on-demand gateway that no door has had a request for within its `idle_timeout`; its next request
 * starts it again. This applies even if an operator started it. A gateway that is starting goes on, since a request
 * waits for it.
 */
export function idle(state: GatewayState, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  const sleeps = policy.managed && policy.start === 'on-demand' && policy.idleTimeout !== null;
  if (!sleeps || (phase.name !== 'ready' && phase.name !== 'unready')) return unchanged(state);
  return endGracefully({ ...state, desired: 'demand', lastError: null }, { kind: 'sleep' }, moment, policy);
}
