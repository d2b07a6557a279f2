import { NO_RESTARTS } from './restart-policy.ts';
import {
  defaultDesired,
  type Effect,
  type GatewayState,
  type Policy,
  type ServingPhase,
  type Step,
} from './state.ts';

/** A gateway before its first start. */
export function initialState(policy: Policy): GatewayState {
  return {
    phase: { name: 'stopped' },
    desired: defaultDesired(policy),
    generation: 0,
    spawnedAt: null,
    restarts: 0,
    history: NO_RESTARTS,
    lastExit: null,
    lastError: null,
  };
}

/**
 * Begins the next generation: a new process, or only the probes of a `url:` profile. `restartedAfter` says how the
 * last generation ended, if it is restarted without a wait.
 */
export function begin(state: GatewayState, policy: Policy, restartedAfter: string | null = null): Step {
  const generation = state.generation + 1;
  const phase: ServingPhase = { name: 'starting', pid: null, met: [], served: false, restartedAfter };
  const effects: readonly Effect[] = policy.managed
    ? [{ type: 'spawn', generation }]
    : [
        { type: 'probe', generation },
        { type: 'startTimer', name: 'startTimeout', generation, ms: policy.startTimeout },
      ];
  return {
    state: { ...state, phase, generation, spawnedAt: null },
    effects: [{ type: 'publish' }, { type: 'clearTimer' }, ...effects],
  };
}
