import type { DoorErrorCode } from './errors.ts';
import type { Attributes, PlatformName } from './routing/route.ts';

/** The state of a gateway as `gwproxy status` and events show it. */
export type GatewayStateName =
  | 'stopped'
  | 'starting'
  | 'ready'
  | 'unready'
  | 'draining'
  | 'stopping'
  | 'backoff'
  | 'failed';

/**
 * Everything that gwproxy reports to its operator while it runs. logs/json-lines.ts and cli/output/event-text.ts turn an
 * event into text. No event holds a body, a query, a header's value or a secret: secret attributes are sealed.
 */
export type Event =
  | {
      readonly type: 'door.listening';
      readonly host: string;
      readonly port: number;
      readonly publicUrl: string | null;
    }
  | { readonly type: 'door.closed' }
  | {
      readonly type: 'door.refused';
      readonly code: DoorErrorCode;
      readonly detail: string;
      readonly requestId: string;
      readonly method: string;
      readonly path: string;
      readonly profile: string | null;
      /** The error message of the system or of undici. The sender does not get it. */
      readonly cause: string | null;
    }
  /** `count` refusals with that code came too fast to be reported one by one. */
  | { readonly type: 'door.suppressed'; readonly code: DoorErrorCode; readonly count: number }
  /** A request with a route key matches no route. Reported once for the same attributes while they are remembered. */
  | { readonly type: 'door.unmatched'; readonly attributes: Attributes; readonly path: string }
  /** A batch for several profiles was refused, since those in `lacking` have no `fan_out: true`. */
  | {
      readonly type: 'door.mixed-batch';
      readonly requestId: string;
      readonly path: string;
      readonly lacking: readonly string[];
      /** The attributes of the batch's first deliveries. */
      readonly attributes: readonly Attributes[];
      /** How many deliveries `attributes` leaves out. */
      readonly more: number;
    }
  | {
      readonly type: 'gateway.state';
      readonly profile: string;
      readonly state: GatewayStateName;
      readonly generation: number;
      readonly pid: number | null;
      /** gwproxy is stopping it to restart it: it hangs, uses too much memory, or did not start in time. */
      readonly unfit: boolean;
      /** Why it is in that state; null if the state says enough. */
      readonly reason: string | null;
      /** When it starts next, in epoch ms; null if not in backoff. */
      readonly nextStartAt: number | null;
    }
  | {
      readonly type: 'listener.ready';
      readonly profile: string;
      readonly listener: string;
      readonly port: number;
    }
  | {
      readonly type: 'listener.lost';
      readonly profile: string;
      readonly listener: string;
      readonly reason: string;
    }
  | {
      readonly type: 'gateway.exit';
      readonly profile: string;
      readonly generation: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** gwproxy stopped it, or it is a job that has done its work: the exit is not a crash. */
      readonly asked: boolean;
    }
  | {
      readonly type: 'gateway.output';
      readonly profile: string;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  /** Lines of a gateway's output were dropped. flood: they came faster than the limit. */
  | {
      readonly type: 'output.dropped';
      readonly profile: string;
      readonly lines: number;
      readonly reason: 'flood';
    }
  /** A gateway's processes together use more than 80 % of `max_memory`. Reported again only after they used less. */
  | {
      readonly type: 'gateway.memory';
      readonly profile: string;
      readonly bytes: number;
      readonly limit: number;
    }
  /**
   * A moment (epoch ms) of a profile's schedule was skipped. missed: it was noticed more than an hour late, since the
   * machine slept or its clock was set. busy: the one before it is not done yet.
   */
  | {
      readonly type: 'schedule.skipped';
      readonly profile: string;
      readonly action: 'restart' | 'run';
      readonly moment: number;
      /** The time zone of the schedule; null: this machine's. */
      readonly timezone: string | null;
      readonly reason: 'missed' | 'busy';
    }
  /** The owner of a listener's port is unknown; reported once for each listener and generation. */
  | {
      readonly type: 'listener.unknown-owner';
      readonly profile: string;
      readonly listener: string;
      readonly port: number;
      /** True under `owner_check: strict`: the listener gets no requests. */
      readonly blocked: boolean;
      readonly reason: string;
    }
  /** Another program removed the control socket, and gwproxy created it again. */
  | { readonly type: 'control.restored'; readonly path: string }
  /** Another program removed the control socket, and gwproxy cannot create it again yet. Reported once. */
  | { readonly type: 'control.lost'; readonly path: string; readonly reason: string }
  /** An earlier run was killed, and gwproxy ended the processes that it left behind. */
  | { readonly type: 'run.swept'; readonly profiles: readonly string[]; readonly processes: number }
  /**
   * Processes of this run outlived their gateways, and gwproxy ended them: those that held a port of the only profile in
   * `profiles`, or all when it stopped (`port` is null).
   */
  | {
      readonly type: 'run.leftover';
      readonly profiles: readonly string[];
      readonly processes: number;
      /** How many of them outlived SIGKILL too. */
      readonly survivors: number;
      readonly port: number | null;
    }
  /** The guard, which ends the gateways if gwproxy is killed, does not run. */
  | { readonly type: 'run.unguarded'; readonly reason: string }
  /** The run record, from which the next `up` learns of processes that were left behind, cannot be read or written. */
  | { readonly type: 'run.record'; readonly file: string; readonly reason: string }
  /** A log file cannot be written. log.resumed reports how many lines were lost. */
  | { readonly type: 'log.failed'; readonly file: string; readonly reason: string }
  | { readonly type: 'log.resumed'; readonly file: string; readonly lines: number }
  /** A log file cannot be rotated or compressed, and so grows. Retried, and reported once until it works. */
  | { readonly type: 'log.unrotated'; readonly file: string; readonly reason: string }
  /** A spooled delivery is given up: it is too old, or the gateway refused it. */
  | {
      readonly type: 'spool.lost';
      readonly profile: string;
      readonly id: string;
      readonly platform: PlatformName;
      readonly reason: 'expired' | 'refused';
      /** The HTTP status or the system's error code of the last try; null if there was no try. */
      readonly lastStatus: string | null;
    }
  /**
   * A spooled delivery became a dead letter and waits for `gwproxy spool retry`. tries: every allowed try failed.
   * no-route: the current config no longer routes it to the profile that it was spooled for.
   */
  | {
      readonly type: 'spool.dead';
      readonly profile: string;
      readonly id: string;
      readonly platform: PlatformName;
      readonly reason: 'tries' | 'no-route';
      readonly tries: number;
      readonly lastStatus: string | null;
    }
  /** A file in the spool is not a readable delivery and was moved aside. */
  | { readonly type: 'spool.corrupt'; readonly file: string; readonly reason: string }
  /**
   * Files of the spool hold acknowledged deliveries that this gwproxy cannot read; `newer` of them were written by a
   * newer one. Reported at each start; file and reason are the first one's.
   */
  | {
      readonly type: 'spool.unreadable';
      readonly count: number;
      readonly newer: number;
      readonly file: string;
      readonly reason: string;
    }
  /** Deliveries found no room in the spool and were refused with 503; reported once a minute. */
  | { readonly type: 'spool.full'; readonly profile: string; readonly refused: number }
  /** The spool failed, mostly because of its disk. `count` is the number of failures since the last report. */
  | {
      readonly type: 'spool.failed';
      readonly profile: string;
      readonly action: 'keep' | 'read' | 'send' | 'remove' | 'bury';
      readonly reason: string;
      readonly count: number;
    }
  /** The spool cannot be opened: no new delivery is spooled, and those of earlier runs stay on disk. */
  | { readonly type: 'spool.unusable'; readonly reason: string }
  /** No delivery for that profile is left in the spool; the next one goes straight to its gateway. */
  | { readonly type: 'spool.drained'; readonly profile: string; readonly delivered: number }
  /** Changes of the config were applied, one line each. */
  | { readonly type: 'config.applied'; readonly changes: readonly string[] }
  /**
   * A changed config is not applied, since it would restart or end a gateway that serves. `gwproxy reload` applies it,
   * except a changed `listen`, which waits for the next `up`.
   */
  | { readonly type: 'config.pending'; readonly changes: readonly string[] }
  /** A changed config is invalid; gwproxy keeps running the previous one. */
  | { readonly type: 'config.invalid'; readonly problems: readonly string[] }
  /** Some of the config's files or folders cannot be watched for changes. */
  | { readonly type: 'config.unwatched'; readonly reason: string }
  | {
      readonly type: 'app.stopping';
      readonly signal: string | null;
      readonly atOnce: boolean;
      /** The longest time in ms that the stop takes. */
      readonly within: number;
    }
  | { readonly type: 'app.stopped' };

export type Report = (event: Event) => void;

/** Whether the operator should look at a gateway in that state. */
export function isTrouble({ state, unfit }: Extract<Event, { type: 'gateway.state' }>): boolean {
  return unfit || state === 'failed' || state === 'backoff' || state === 'unready';
}

/** Characters of a path that an event shows. */
export const PATH_LENGTH = 256;
