import type { GatewayStateName } from './events.ts';

/** How `last_error` begins where a gateway was ended since it never took a connection. */
export const NO_LISTENER_READY = 'no listener was ready';

/**
 * What the supervisor knows of a profile, in the names of `gwproxy status --json`; admin adds memory and requests.
 * It stands here since neither of the two knows the other. Times are ISO 8601, in UTC.
 */
export interface SupervisedStatus {
  readonly name: string;
  readonly state: GatewayStateName;
  readonly pid: number | null;
  readonly uptime_s: number | null;
  /** After a crash or a failed start; neither the operator's own count, nor those that an exit code asks for. */
  readonly restarts: number;
  /** on-demand: it is stopped, and its next request starts it. */
  readonly desired: 'up' | 'down' | 'on-demand';
  readonly generation: number;
  readonly last_exit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly at: string;
  } | null;
  readonly next_start_at: string | null;
  /** Why it is not ready; null once it is. */
  readonly last_error: string | null;
  readonly listeners: readonly {
    readonly name: string;
    readonly port: number | null;
    readonly ready: boolean;
  }[];
}

/** Names of the profiles whose gateways serve: ready now, or before in their current generation, and not ending. */
export function servingIn(profiles: readonly SupervisedStatus[]): ReadonlySet<string> {
  const serving = profiles.filter(
    ({ state, listeners }) =>
      state === 'ready' || state === 'unready' || listeners.some((listener) => listener.ready),
  );
  return new Set(serving.map(({ name }) => name));
}
