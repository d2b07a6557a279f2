import type { Plan } from './types.ts';

/** ms on top of drain and grace: 2 s until processes that outlive SIGKILL are given up, and time for a busy machine. */
const STOP_MARGIN = 10_000;

/** The longest time in ms that gwproxy takes to stop. Pure. */
export function stopTime({ profiles }: Pick<Plan, 'profiles'>): number {
  return Math.max(0, ...profiles.map(({ stop }) => stop.drain + stop.grace)) + STOP_MARGIN;
}
