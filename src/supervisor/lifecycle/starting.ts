import { signalEffects } from './ending.ts';
import { finish } from './finish.ts';
import type { End } from './restart-policy.ts';
import { type Effect, type GatewayState, type Policy, type Stamp, type Step, unchanged } from './state.ts';

/** The process was spawned. A gateway that was stopped meanwhile is ended now. */
export function spawned(state: GatewayState, pid: number, at: number, policy: Policy): Step {
  const { phase, generation } = state;
  const alive: GatewayState = { ...state, spawnedAt: at };
  if (phase.name === 'starting' && phase.pid === null) {
    return {
      state: { ...alive, phase: { ...phase, pid } },
      effects: [{ type: 'probe', generation }, startTimer(generation, 0, policy)],
    };
  }
  if (phase.name !== 'stopping' || phase.pid !== null) return unchanged(state);
  return {
    state: { ...alive, phase: { ...phase, pid } },
    effects: phase.kill ? [{ type: 'killGroup', pid }] : signalEffects(pid, generation, policy),
  };
}

/** A changed `ready_after` counts from now on, from the moment at which the process was spawned. */
export function reconfigured(state: GatewayState, at: number, policy: Policy): Step {
  const { phase, generation, spawnedAt } = state;
  if (phase.name !== 'starting' || phase.pid === null || policy.readyAfter === null) return unchanged(state);
  return { state, effects: [startTimer(generation, at - (spawnedAt ?? at), policy)] };
}

/** The timer of a start that has lasted for `lived` ms. */
function startTimer(generation: number, lived: number, { readyAfter, startTimeout }: Policy): Effect {
  return readyAfter === null
    ? { type: 'startTimer', name: 'startTimeout', generation, ms: Math.max(1, startTimeout - lived) }
    : { type: 'startTimer', name: 'readyAfter', generation, ms: Math.max(1, readyAfter - lived) };
}

/** The process could not be spawned: the restart policy decides, unless the gateway was stopped meanwhile. */
export function spawnFailed(state: GatewayState, reason: string, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  if (phase.name === 'starting' && phase.pid === null) {
    const end: End = { reason, code: null, served: false };
    return finish(state, { kind: 'policy', end }, moment, policy);
  }
  if (phase.name === 'stopping' && phase.pid === null) return finish(state, phase.after, moment, policy);
  return unchanged(state);
}
