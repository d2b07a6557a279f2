import type { GatewayState } from '../lifecycle/state.ts';

/**
 * Whether a job is run at a moment of its schedule. busy: the run before has not ended. off: the operator stopped it, or
 * started gwproxy for other profiles only. Pure.
 */
export function jobRun({ phase, desired }: GatewayState): 'run' | 'busy' | 'off' {
  if (phase.name === 'stopped' || phase.name === 'failed') return desired === 'demand' ? 'run' : 'off';
  // An operator's stop has not ended it yet.
  return desired === 'down' ? 'off' : 'busy';
}
