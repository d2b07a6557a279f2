import type { Plan } from './types.ts';

/** Beyond drain and grace: a group that outlives SIGKILL is given up after 2 s, and the machine may be busy. */
const STOP_MARGIN = 10_000;

/** ms from the begin of gwproxy's stop to its end, at the longest. Pure. */
export function stopTime({ profiles }: Pick<Plan, 'profiles'>): number {
  return Math.max(0, ...profiles.map(({ stop }) => stop.drain + stop.grace)) + STOP_MARGIN;
}
