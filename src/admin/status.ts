import type { SupervisedStatus } from '../supervised-status.ts';
import { isPlainObject } from '../util/plain-object.ts';

/** The output of `gwproxy status --json`; users' scripts rely on these names. Times are ISO 8601, in UTC. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly listen: string;
  readonly uptime_s: number;
  readonly profiles: readonly ProfileStatus[];
  /** Why the current config files cannot be applied; null if they are valid. */
  readonly config_error: string | null;
  /** Changes of the config that wait for `gwproxy reload`, or for the next `gwproxy up`. */
  readonly config_pending: readonly string[];
  /** Log files that cannot be written now; they are tried again. */
  readonly failing_logs: readonly { readonly file: string; readonly reason: string }[];
  /** Why the spool cannot be opened, or could not store the last delivery, whose sender heard 503; null if all is well. */
  readonly spool_error: string | null;
  /** Files of acknowledged deliveries that this gwproxy cannot read; `gwproxy spool` lists them. */
  readonly spool_unreadable: number;
  /** The number of spooled deliveries by profile, for profiles that are not (or no longer) in the config. */
  readonly orphaned: Readonly<Record<string, number>>;
}

export interface ProfileStatus extends SupervisedStatus {
  /**
   * Resident memory of all the gateway's processes; shared memory counts for each. Null if none runs or it cannot be
   * read.
   */
  readonly rss_bytes: number | null;
  readonly in_flight: number;
  readonly held: number;
  readonly requests: number;
  /** Requests answered 502 because the gateway closed the idle connection just as they were written to it. */
  readonly broken_reuse: number;
  /** Acknowledged deliveries that wait for the gateway. */
  readonly spooled: number;
  /** Acknowledged deliveries that wait for the operator (dead letters). */
  readonly dead: number;
  /** Acknowledged deliveries that will never reach the gateway, since gwproxy started. */
  readonly lost: number;
  /** Lines of its output that were lost since gwproxy started, because they came too fast or the log file failed. */
  readonly dropped_lines: number;
}

/** The door's counters of a profile; as in `ProfileStatus`. */
export interface Traffic {
  readonly inFlight: number;
  readonly held: number;
  readonly requests: number;
  readonly brokenReuse: number;
  readonly spooled: number;
  readonly dead: number;
  readonly lost: number;
}

/** The status of every profile, in the config's order, from the supervisor's and the door's counters. */
export function profileStatuses(
  supervised: readonly SupervisedStatus[],
  traffic: ReadonlyMap<string, Traffic>,
  memory: ReadonlyMap<string, number | null>,
  dropped: ReadonlyMap<string, number>,
): readonly ProfileStatus[] {
  return supervised.map((profile) => {
    const counters = traffic.get(profile.name);
    return {
      ...profile,
      rss_bytes: memory.get(profile.name) ?? null,
      in_flight: counters?.inFlight ?? 0,
      held: counters?.held ?? 0,
      requests: counters?.requests ?? 0,
      broken_reuse: counters?.brokenReuse ?? 0,
      spooled: counters?.spooled ?? 0,
      dead: counters?.dead ?? 0,
      lost: counters?.lost ?? 0,
      dropped_lines: dropped.get(profile.name) ?? 0,
    };
  });
}

/** The number of spooled deliveries by profile, for profiles other than these. */
export function orphanedOf(
  spooled: ReadonlyMap<string, number>,
  profiles: readonly SupervisedStatus[],
): Readonly<Record<string, number>> {
  const known = new Set(profiles.map(({ name }) => name));
  return Object.fromEntries([...spooled].filter(([profile]) => !known.has(profile)));
}

/**
 * Parses a status that came over the control socket. Throws if it has another shape: the running gwproxy may be of
 * another version than the command.
 */
export function parseStatus(value: unknown): Status {
  if (!isStatus(value))
    throw new Error('the gwproxy that runs here is of another version; use its own `gwproxy status`');
  // Older versions do not send these fields.
  return {
    ...value,
    profiles: value.profiles.map((profile) => ({ ...profile, schedule: profile.schedule ?? null })),
    config_pending: Array.isArray(value.config_pending) ? value.config_pending : [],
    failing_logs: Array.isArray(value.failing_logs) ? value.failing_logs : [],
    spool_error: typeof value.spool_error === 'string' ? value.spool_error : null,
    spool_unreadable: typeof value.spool_unreadable === 'number' ? value.spool_unreadable : 0,
    orphaned: isPlainObject(value.orphaned) ? value.orphaned : {},
  };
}

function isStatus(value: unknown): value is Status {
  return (
    isPlainObject(value) &&
    typeof value.version === 'string' &&
    typeof value.pid === 'number' &&
    typeof value.listen === 'string' &&
    typeof value.uptime_s === 'number' &&
    Array.isArray(value.profiles) &&
    value.profiles.every(
      (profile) =>
        isPlainObject(profile) &&
        typeof profile.name === 'string' &&
        typeof profile.state === 'string' &&
        typeof profile.restarts === 'number' &&
        typeof profile.requests === 'number' &&
        Array.isArray(profile.listeners),
    )
  );
}
