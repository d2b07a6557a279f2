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

/** In order: out of routing, drained where doors may hold leases, the signal, the grace, SIGKILL. */
export function endGracefully(state: GatewayState, after: AfterExit, moment: Stamp, policy: Policy): Step {
  const { phase, generation } = state;
  if (!isServing(phase) || !phase.served) return signalGroup(state, after, moment, policy);
  return {
    state: {
      ...state,
      phase: { name: 'draining', pid: phase.pid, after },
      history: historyAt(state, moment.at, policy),
    },
    effects: [
      { type: 'publish' },
      { type: 'endProbes' },
      { type: 'startTimer', name: 'drainTimeout', generation, ms: policy.stop.drain },
      { type: 'awaitDrained', generation },
    ],
  };
}

/** The signal to the whole group, and its grace. A `url:` profile has nobody to signal. */
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

export function signalEffects(pid: number, generation: number, policy: Policy): readonly Effect[] {
  return [
    { type: 'signalGroup', pid, signal: policy.stop.signal },
    { type: 'startTimer', name: 'graceTimeout', generation, ms: policy.stop.grace },
  ];
}

/** SIGKILL to the whole group, whatever it was doing. */
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

/** The leader has ended: by its own doing what its code and policy say, after a stop that we asked for no crash. */
export function exited(
  state: GatewayState,
  event: Extract<GatewayEvent, { readonly type: 'exited' }> & Stamp,
  policy: Policy,
): Step {
  const { phase } = state;
  if (pidOf(phase) === null) return unchanged(state);
  const ended: GatewayState = {
    ...state,
    lastExit: { code: event.code, signal: event.signal, at: event.at },
  };
  if (phase.name === 'stopping') {
    if (!event.groupLeft) return finish(ended, phase.after, event, policy);
    // The rest of the group got the signal too, and has the rest of the grace.
    return { state: { ...ended, phase: { ...phase, exited: true } }, effects: [] };
  }
  if (phase.name === 'draining') return leaderless(ended, phase.after, event, policy);
  if (!isServing(phase)) return unchanged(state);
  const reason = exitReason(event.code, event.signal, event.errorLine);
  const fallen: GatewayState = { ...ended, history: historyAt(state, event.at, policy), lastError: reason };
  const after: AfterExit = { kind: 'judge', end: { reason, code: event.code, served: phase.served } };
  return leaderless(fallen, after, event, policy);
}

/** Nobody leads what is left of the group: it is ended, so that it keeps no port. */
function leaderless(
  state: GatewayState,
  after: AfterExit,
  event: { readonly groupLeft: boolean } & Stamp,
  policy: Policy,
): Step {
  return event.groupLeft ? killGroup(state, after, true) : finish(state, after, event, policy);
}

/**
 * A gateway that can no longer be left to serve, for that reason (it hangs, it uses too much memory, it did not start
 * in time): it leaves in order, and its restart policy judges that as a failure. Requests on a hung listener are
 * lost, but its other listeners may serve: they are drained.
 */
export function mustRestart(state: GatewayState, reason: string, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  // Who runs a `url:` profile restarts it.
  if (!isServing(phase) || !policy.managed) return unchanged(state);
  const end = { reason, code: null, served: phase.served };
  return endGracefully({ ...state, lastError: reason }, { kind: 'judge', end }, moment, policy);
}

/**
 * No door has had a request for it for its `idle_timeout`: it is stopped in order, and sleeps until its next request.
 * That it was an operator who started it makes no difference: the timeout is how long it may run for nothing. One
 * that still starts does so for a request that waits.
 */
export function idle(state: GatewayState, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  const sleeps = policy.managed && policy.start === 'on-demand' && policy.idleTimeout !== null;
  if (!sleeps || (phase.name !== 'ready' && phase.name !== 'unready')) return unchanged(state);
  return endGracefully({ ...state, desired: 'demand', lastError: null }, { kind: 'rest' }, moment, policy);
}
