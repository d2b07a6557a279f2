import { signalEffects } from './ending.ts';
import { finish } from './finish.ts';
import { type Life, type Policy, type Stamp, type Step, unchanged } from './life.ts';
import type { End } from './restart.ts';

export function spawned(state: Life, pid: number, at: number, policy: Policy): Step {
  const { phase, generation } = state;
  const alive: Life = { ...state, spawnedAt: at };
  if (phase.name === 'starting' && phase.pid === null) {
    return {
      state: { ...alive, phase: { ...phase, pid } },
      effects: [
        { type: 'probe', generation },
        { type: 'startTimer', name: 'startTimeout', generation, ms: policy.startTimeout },
      ],
    };
  }
  // It was stopped while it was on its way.
  if (phase.name !== 'stopping' || phase.pid !== null) return unchanged(state);
  return {
    state: { ...alive, phase: { ...phase, pid } },
    effects: phase.kill ? [{ type: 'killGroup', pid }] : signalEffects(pid, generation, policy),
  };
}

export function spawnFailed(state: Life, reason: string, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  if (phase.name === 'starting' && phase.pid === null) {
    const end: End = { reason, code: null, served: false };
    return finish(state, { kind: 'judge', end }, moment, policy);
  }
  if (phase.name === 'stopping' && phase.pid === null) return finish(state, phase.after, moment, policy);
  return unchanged(state);
}
