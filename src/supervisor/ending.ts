import { finish, historyAt } from './finish.ts';
import {
  type After,
  type Effect,
  isServing,
  type Life,
  type LifeEvent,
  type Policy,
  pidOf,
  type Stamp,
  type Step,
  unchanged,
} from './life.ts';
import { exitReason } from './words.ts';

/** In order: out of routing, drained where doors may hold leases, the signal, the grace, SIGKILL. */
export function leave(state: Life, after: After, moment: Stamp, policy: Policy): Step {
  const { phase, generation } = state;
  if (!isServing(phase) || !phase.served) return signal(state, after, moment, policy);
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
export function signal(state: Life, after: After, moment: Stamp, policy: Policy): Step {
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
export function kill(state: Life, after: After, moment: Stamp, policy: Policy): Step {
  if (!policy.managed) return finish(state, after, moment, policy);
  const exited = state.phase.name === 'stopping' && state.phase.exited;
  return killGroup({ ...state, history: historyAt(state, moment.at, policy) }, after, exited);
}

function killGroup(state: Life, after: After, exited: boolean): Step {
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
  state: Life,
  event: Extract<LifeEvent, { readonly type: 'exited' }> & Stamp,
  policy: Policy,
): Step {
  const { phase } = state;
  if (pidOf(phase) === null) return unchanged(state);
  const ended: Life = { ...state, lastExit: { code: event.code, signal: event.signal, at: event.at } };
  if (phase.name === 'stopping') {
    if (!event.groupLeft) return finish(ended, phase.after, event, policy);
    // The rest of the group got the signal too, and has the rest of the grace.
    return { state: { ...ended, phase: { ...phase, exited: true } }, effects: [] };
  }
  if (phase.name === 'draining') return leaderless(ended, phase.after, event, policy);
  if (!isServing(phase)) return unchanged(state);
  const reason = exitReason(event.code, event.signal);
  const fallen: Life = { ...ended, history: historyAt(state, event.at, policy), lastError: reason };
  const after: After = { kind: 'judge', end: { reason, code: event.code, served: phase.served } };
  return leaderless(fallen, after, event, policy);
}

/** Nobody leads what is left of the group: it is ended, so that it keeps no port. */
function leaderless(
  state: Life,
  after: After,
  event: { readonly groupLeft: boolean } & Stamp,
  policy: Policy,
): Step {
  return event.groupLeft ? killGroup(state, after, true) : finish(state, after, event, policy);
}
