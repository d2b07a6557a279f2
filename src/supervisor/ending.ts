import { begin } from './begin.ts';
import {
  type After,
  type Effect,
  isServing,
  type Life,
  type LifeEvent,
  type Policy,
  pidOf,
  resting,
  type Stamp,
  type Step,
  unchanged,
} from './life.ts';
import { afterEnd, afterUptime } from './restart.ts';
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

/** The leader has ended: by its own doing a crash or a rest, after a stop that we asked for neither. */
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
  const reason = exitReason(event.code, event.signal);
  const after: After =
    phase.name === 'draining' ? phase.after : { kind: 'judge', failure: event.code !== 0, reason };
  const fallen: Life = {
    ...ended,
    history: historyAt(state, event.at, policy),
    lastError: phase.name === 'draining' ? state.lastError : reason,
  };
  if (!event.groupLeft) return finish(fallen, after, event, policy);
  // Nobody leads the rest any more: it is ended, so that it keeps no port.
  return killGroup(fallen, after, true);
}

/** Nothing of this life is left: what comes now? */
export function finish(state: Life, after: After, moment: Stamp, policy: Policy): Step {
  const ended: Life = { ...state, spawnedAt: null };
  const settle: readonly Effect[] = [{ type: 'publish' }, { type: 'endProbes' }, { type: 'clearTimer' }];
  if (after.kind === 'start') {
    const next = begin(ended, policy);
    return { state: next.state, effects: [{ type: 'endProbes' }, ...next.effects] };
  }
  if (after.kind === 'stop') return { state: { ...ended, phase: { name: 'stopped' } }, effects: settle };
  const decision = afterEnd(policy.restart, ended.history, after.failure, moment.at, moment.random);
  const told: Life = { ...ended, lastError: after.reason };
  switch (decision.kind) {
    case 'rest':
      return {
        state: { ...ended, phase: { name: 'stopped' }, desired: resting(policy), lastError: null },
        effects: settle,
      };
    case 'fail':
      return {
        state: { ...told, phase: { name: 'failed' }, lastError: `${after.reason}; ${decision.reason}` },
        effects: settle,
      };
    case 'restart':
      return {
        state: {
          ...told,
          phase: { name: 'backoff', nextStartAt: moment.at + decision.delay },
          history: decision.history,
        },
        effects: [
          ...settle,
          {
            type: 'startTimer',
            name: 'backoffElapsed',
            generation: state.generation,
            ms: decision.delay,
          },
        ],
      };
  }
}

/** The restart history as it is when a gateway stops being ready at this moment. */
export function historyAt(state: Life, at: number, policy: Policy): Life['history'] {
  return state.phase.name === 'ready'
    ? afterUptime(policy.restart, state.history, at - state.phase.since)
    : state.history;
}
