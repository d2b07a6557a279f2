import type { SupervisedStatus } from '../supervised-status.ts';
import { isRecord } from './is-record.ts';

/** What `gwproxy status --json` prints; users' scripts rely on these names. Times are ISO 8601, in UTC. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly listen: string;
  readonly uptime_s: number;
  readonly profiles: readonly ProfileStatus[];
  /** Why the config as it is now was not applied; null while it is valid. */
  readonly config_error: string | null;
  /** Its changes that wait for `gwproxy reload`, or for the next `up`. */
  readonly config_pending: readonly string[];
  /** Log files that cannot be written now; they are tried again, and their lines wait or are lost. */
  readonly failing_logs: readonly { readonly file: string; readonly reason: string }[];
  /** Deliveries in the spool of profiles that the config does not run (any more), by profile. */
  readonly orphaned: Readonly<Record<string, number>>;
}

export interface ProfileStatus extends SupervisedStatus {
  /** Of all the gateway's processes; what they share counts for each. Null where the system does not say, or none runs. */
  readonly rss_bytes: number | null;
  readonly in_flight: number;
  readonly held: number;
  readonly requests: number;
  /** Of these, answered 502 since the gateway closed the idle connection that the request was written to. */
  readonly broken_reuse: number;
  /** Acknowledged, and waiting for the gateway; for the operator; and, since gwproxy started, never to reach it. */
  readonly spooled: number;
  readonly dead: number;
  readonly lost: number;
  /** Of its output, since gwproxy started: it came too fast, or its file could not be written. */
  readonly dropped_lines: number;
}

/** What the door knows of a profile. */
export interface Traffic {
  readonly inFlight: number;
  readonly held: number;
  readonly requests: number;
  readonly brokenReuse: number;
  readonly spooled: number;
  readonly dead: number;
  readonly lost: number;
}

/** Joins what each plane knows of every profile, in the config's order. */
export function profileStatuses(
  supervised: readonly SupervisedStatus[],
  traffic: ReadonlyMap<string, Traffic>,
  memory: ReadonlyMap<string, number | null>,
  dropped: ReadonlyMap<string, number>,
): readonly ProfileStatus[] {
  return supervised.map((profile) => {
    const seen = traffic.get(profile.name);
    return {
      ...profile,
      rss_bytes: memory.get(profile.name) ?? null,
      in_flight: seen?.inFlight ?? 0,
      held: seen?.held ?? 0,
      requests: seen?.requests ?? 0,
      broken_reuse: seen?.brokenReuse ?? 0,
      spooled: seen?.spooled ?? 0,
      dead: seen?.dead ?? 0,
      lost: seen?.lost ?? 0,
      dropped_lines: dropped.get(profile.name) ?? 0,
    };
  });
}

/** What is kept, by profile, for none of those profiles. */
export function orphanedOf(
  kept: ReadonlyMap<string, number>,
  profiles: readonly SupervisedStatus[],
): Readonly<Record<string, number>> {
  const known = new Set(profiles.map(({ name }) => name));
  return Object.fromEntries([...kept].filter(([profile]) => !known.has(profile)));
}

/**
 * The same, as it came over the control socket. Throws where its shape is another: the gwproxy that runs may
 * be of another version than the command that asks.
 */
export function parseStatus(value: unknown): Status {
  if (!isStatus(value))
    throw new Error('the gwproxy that runs here is of another version; use its own `gwproxy status`');
  // One that runs since before there was such a field says nothing of it.
  return {
    ...value,
    config_pending: Array.isArray(value.config_pending) ? value.config_pending : [],
    failing_logs: Array.isArray(value.failing_logs) ? value.failing_logs : [],
    orphaned: isRecord(value.orphaned) ? value.orphaned : {},
  };
}

function isStatus(value: unknown): value is Status {
  return (
    isRecord(value) &&
    typeof value.version === 'string' &&
    typeof value.pid === 'number' &&
    typeof value.listen === 'string' &&
    typeof value.uptime_s === 'number' &&
    Array.isArray(value.profiles) &&
    value.profiles.every(
      (profile) =>
        isRecord(profile) &&
        typeof profile.name === 'string' &&
        typeof profile.state === 'string' &&
        typeof profile.restarts === 'number' &&
        typeof profile.requests === 'number' &&
        Array.isArray(profile.listeners),
    )
  );
}
