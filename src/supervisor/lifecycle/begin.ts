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
 * The next generation: a process of its own, or for a `url:` profile its probes alone. `follows`: the end that it
 * follows unasked and at once.
 */
export function begin(state: GatewayState, policy: Policy, follows: string | null = null): Step {
  const generation = state.generation + 1;
  const phase: ServingPhase = { name: 'starting', pid: null, ready: [], served: false, follows };
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
