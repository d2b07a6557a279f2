import type { GatewayStateName } from './events.ts';

/** How `last_error` begins if a gateway was ended since none of its listeners became ready in time. */
export const NO_LISTENER_READY = 'no listener was ready';

/**
 * The supervisor's part of a profile's status, with the field names of `gwproxy status --json`; admin adds memory and
 * requests. It is in a file of its own since supervisor and admin do not import each other. Times are ISO 8601 in UTC.
 */
export interface SupervisedStatus {
  readonly name: string;
  readonly state: GatewayStateName;
  readonly pid: number | null;
  readonly uptime_s: number | null;
  /** Restarts after a crash or a failed start; those by the operator or by request of an exit code do not count. */
  readonly restarts: number;
  /** on-demand: its next request starts it. scheduled: its schedule starts it. */
  readonly desired: 'up' | 'down' | 'on-demand' | 'scheduled';
  readonly generation: number;
  readonly last_exit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly at: string;
    /** How long it had run. */
    readonly uptime_s: number;
  } | null;
  readonly next_start_at: string | null;
  /** It is in backoff since its exit code asked for a restart (`at-once`): its start has not failed. */
  readonly restart_requested: boolean;
  /** Why it is not ready; null once it is. */
  readonly last_error: string | null;
  readonly listeners: readonly {
    readonly name: string;
    readonly port: number | null;
    readonly ready: boolean;
  }[];
  /** Null if the profile has no schedule. */
  readonly schedule: ScheduleStatus | null;
}

/** What gwproxy does with a profile at certain times, counted since gwproxy started. */
export interface ScheduleStatus {
  readonly action: 'restart' | 'run';
  /** A cron pattern. */
  readonly pattern: string;
  /** The time zone of the pattern; null: that of the machine on which gwproxy runs. */
  readonly timezone: string | null;
  /** Null if no moment will come. */
  readonly next_at: string | null;
  /** The last moment that was carried out; null if none was. */
  readonly last_at: string | null;
  /** Moments that were skipped; an event says why. */
  readonly skipped: number;
}

/** Names of the profiles whose gateways serve: ready now, or before in their current generation, and not ending. */
export function servingIn(profiles: readonly SupervisedStatus[]): ReadonlySet<string> {
  const serving = profiles.filter(
    ({ state, listeners }) =>
      state === 'ready' || state === 'unready' || listeners.some((listener) => listener.ready),
  );
  return new Set(serving.map(({ name }) => name));
}
