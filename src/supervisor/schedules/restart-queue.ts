import { type GatewayState, isServing } from '../lifecycle/state.ts';
import type { Due } from './agenda.ts';

/** The scheduled restarts that are due: one is carried out at a time. Pure. */
export interface RestartQueue {
  readonly current: Due | null;
  readonly waiting: readonly Due[];
}

export const NO_RESTARTS_DUE: RestartQueue = { current: null, waiting: [] };

/**
 * Queues restarts that are due, in their order. `busy` are those whose last restart is not done yet: the restarts take
 * longer than the schedule leaves them, and each profile is queued once.
 */
export function queueRestarts(
  queue: RestartQueue,
  due: readonly Due[],
): { readonly queue: RestartQueue; readonly busy: readonly Due[] } {
  const queued = new Set([queue.current, ...queue.waiting].map((each) => each?.profile));
  const busy = due.filter(({ profile }) => queued.has(profile));
  const added = due.filter(({ profile }) => !queued.has(profile));
  return { queue: { ...queue, waiting: [...queue.waiting, ...added] }, busy };
}

/** Begins the next restart. The same queue if one is in progress or none waits. */
export function nextRestart(queue: RestartQueue): RestartQueue {
  const [first, ...rest] = queue.waiting;
  return queue.current === null && first !== undefined ? { current: first, waiting: rest } : queue;
}

/** The current restart is done, has failed, or was not needed. */
export function restartDone({ waiting }: RestartQueue): RestartQueue {
  return { current: null, waiting };
}

/** Forgets the restarts of profiles that have no schedule any more. */
export function keepRestarts(
  { current, waiting }: RestartQueue,
  hasSchedule: (profile: string) => boolean,
): RestartQueue {
  return { current, waiting: waiting.filter(({ profile }) => hasSchedule(profile)) };
}

/**
 * Whether the restart of that moment is still needed: not if the gateway is stopped, has failed or sleeps, if it is
 * starting or ending anyway, or if it has started since.
 */
export function needsRestart({ phase, spawnedAt }: GatewayState, moment: number): boolean {
  return isServing(phase) && phase.name !== 'starting' && (spawnedAt === null || spawnedAt < moment);
}

/** Whether a restart that ended that generation is over: the next one is ready or has failed, or none follows. */
export function restartIsOver({ phase, generation }: GatewayState, ended: number): boolean {
  switch (phase.name) {
    case 'stopped':
    case 'failed':
    case 'backoff':
      return true;
    case 'ready':
    case 'unready':
      return generation !== ended;
    default:
      return false;
  }
}
