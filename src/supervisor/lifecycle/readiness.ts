import { NO_LISTENER_READY } from '../../supervised-status.ts';
import { duration } from '../../util/duration.ts';
import { mustRestart } from './ending.ts';
import { historyAt } from './finish.ts';
import { type GatewayState, isServing, type Policy, type Stamp, type Step, unchanged } from './state.ts';

/** A listener is ready; the gateway is ready once all of them are. */
export function listenerReady(state: GatewayState, listener: string, at: number, policy: Policy): Step {
  const { phase } = state;
  if (!isServing(phase) || (policy.managed && phase.pid === null)) return unchanged(state);
  if (phase.ready.includes(listener) || !policy.listeners.includes(listener)) return unchanged(state);
  const ready = [...phase.ready, listener];
  if (ready.length === policy.listeners.length) {
    return {
      state: {
        ...state,
        phase: { name: 'ready', pid: phase.pid, ready, served: true, since: at },
        lastError: null,
      },
      effects: [{ type: 'publish' }, { type: 'clearTimer' }],
    };
  }
  return {
    state: {
      ...state,
      phase: { ...phase, ready, served: true },
      lastError: phase.name === 'unready' ? `not ready: ${missing(ready, policy)}` : state.lastError,
    },
    effects: [{ type: 'publish' }],
  };
}

/** A listener is no longer ready; a gateway that was ready becomes unready. */
export function listenerLost(
  state: GatewayState,
  listener: string,
  reason: string,
  at: number,
  policy: Policy,
): Step {
  const { phase } = state;
  if (!isServing(phase) || !phase.ready.includes(listener)) return unchanged(state);
  const ready = phase.ready.filter((name) => name !== listener);
  const { pid, served } = phase;
  return {
    state: {
      ...state,
      phase: phase.name === 'starting' ? { ...phase, ready } : { name: 'unready', pid, served, ready },
      history: historyAt(state, at, policy),
      lastError: `listener ${listener} is not ready: ${reason}`,
    },
    effects: [{ type: 'publish' }],
  };
}

/**
 * The start timeout has passed. If some listeners are ready, the gateway goes on with them; if none is, the start has
 * failed.
 */
export function startTimeout(
  state: GatewayState,
  moment: Stamp & { readonly detail?: string },
  policy: Policy,
): Step {
  const { phase } = state;
  if (phase.name !== 'starting') return unchanged(state);
  const { pid, ready, served } = phase;
  if (ready.length > 0 || !policy.managed) {
    return {
      state: {
        ...state,
        phase: { name: 'unready', pid, ready, served },
        lastError: `not ready: ${moment.detail ?? missing(ready, policy)}`,
      },
      effects: [{ type: 'publish' }],
    };
  }
  const detail = moment.detail === undefined ? '' : ` (${moment.detail})`;
  const reason = `${NO_LISTENER_READY} within ${duration(policy.startTimeout)}${detail}`;
  return mustRestart(state, reason, moment, policy);
}

function missing(ready: readonly string[], policy: Policy): string {
  return policy.listeners.filter((name) => !ready.includes(name)).join(', ');
}
