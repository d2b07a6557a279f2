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
 * Everything that gwproxy reports to its operator while it runs. The parts report what happened; logs/json-lines.ts and
 * cli/output/event-text.ts word it. An event never holds a body, a query, a header's value or a secret: the secrets
 * among attributes are sealed.
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
      /** The message of the system or of undici, for the operator alone. */
      readonly cause: string | null;
    }
  /** So many refusals with that code were not reported one by one, since they came too fast. */
  | { readonly type: 'door.suppressed'; readonly code: DoorErrorCode; readonly count: number }
  /** No profile claims a keyed request; reported once for the same attributes while they are remembered. */
  | { readonly type: 'door.unmatched'; readonly attributes: Attributes; readonly path: string }
  /** A batch for several bots was refused, since the profiles in `lacking` have no `fan_out: true`. */
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
      /** It is being ended since it must restart: it hangs, uses too much memory, or did not start in time. */
      readonly unfit: boolean;
      /** Why it is in that state, for the operator; null if the state says enough. */
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
      /** gwproxy ended it, so it is no crash. */
      readonly asked: boolean;
    }
  | {
      readonly type: 'gateway.output';
      readonly profile: string;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  /** Lines of its output were dropped. flood: it wrote more than is reported. */
  | {
      readonly type: 'output.dropped';
      readonly profile: string;
      readonly lines: number;
      readonly reason: 'flood';
    }
  /** All its processes together use more than 80 % of `max_memory`; once until they have used less. */
  | {
      readonly type: 'gateway.memory';
      readonly profile: string;
      readonly bytes: number;
      readonly limit: number;
    }
  /** The owner of a listener's port is unknown; reported once for each listener and generation. */
  | {
      readonly type: 'listener.unknown-owner';
      readonly profile: string;
      readonly listener: string;
      readonly port: number;
      /** The listener gets no requests, as `owner_check: strict` says. */
      readonly blocked: boolean;
      readonly reason: string;
    }
  /** The control socket was removed by another program and has been created again. */
  | { readonly type: 'control.restored'; readonly path: string }
  /** The control socket was removed by another program, and cannot be created again so far; reported once. */
  | { readonly type: 'control.lost'; readonly path: string; readonly reason: string }
  /** Processes of an earlier run that was killed were found and ended. */
  | { readonly type: 'run.swept'; readonly profiles: readonly string[]; readonly processes: number }
  /** There is no guard that would end the gateways if gwproxy is killed. */
  | { readonly type: 'run.unguarded'; readonly reason: string }
  /** The record by which the next `up` finds processes that were left behind cannot be read or written. */
  | { readonly type: 'run.record'; readonly file: string; readonly reason: string }
  /** A log file cannot be written; its lines are counted, and reported by log.resumed. */
  | { readonly type: 'log.failed'; readonly file: string; readonly reason: string }
  | { readonly type: 'log.resumed'; readonly file: string; readonly lines: number }
  /** A log file cannot be rotated or compressed, and grows; tried again, and reported once until it works. */
  | { readonly type: 'log.unrotated'; readonly file: string; readonly reason: string }
  /** An acknowledged delivery will not reach its gateway: it is too old, or the gateway refused it. */
  | {
      readonly type: 'spool.lost';
      readonly profile: string;
      readonly id: string;
      readonly platform: PlatformName;
      readonly reason: 'expired' | 'refused';
      /** The status of the last try, or the system's code of its failure; null if there was no try. */
      readonly lastStatus: string | null;
    }
  /**
   * An acknowledged delivery is a dead letter: it waits for `gwproxy spool retry`. tries: it was tried as often as it may
   * be. no-route: the config of now does not route it to the profile that it was spooled for, so no gateway gets it.
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
  /** A file in the spool cannot be read as a delivery, and is set aside. */
  | { readonly type: 'spool.corrupt'; readonly file: string; readonly reason: string }
  /** Deliveries found no room in the spool and were refused with 503; reported once a minute. */
  | { readonly type: 'spool.full'; readonly profile: string; readonly refused: number }
  /** The spool failed, mostly because of its disk; `count` is the number of failures since the last report. */
  | {
      readonly type: 'spool.failed';
      readonly profile: string;
      readonly action: 'keep' | 'read' | 'send' | 'remove' | 'bury';
      readonly reason: string;
      readonly count: number;
    }
  /** The spool cannot be opened: nothing is acknowledged early, and deliveries of earlier runs stay where they are. */
  | { readonly type: 'spool.unusable'; readonly reason: string }
  /** No delivery for that profile is left in the spool; the next one goes straight to its gateway. */
  | { readonly type: 'spool.drained'; readonly profile: string; readonly delivered: number }
  /** Changes of the config were applied; each is a line for the operator. */
  | { readonly type: 'config.applied'; readonly changes: readonly string[] }
  /**
   * A changed config is not applied, since one of its changes restarts or ends a gateway that serves: `gwproxy reload`
   * applies all of them. A changed `listen` alone waits for the next `up`.
   */
  | { readonly type: 'config.pending'; readonly changes: readonly string[] }
  /** The config was refused; the old one stays in force. */
  | { readonly type: 'config.invalid'; readonly problems: readonly string[] }
  | { readonly type: 'config.unwatched'; readonly reason: string }
  | {
      readonly type: 'app.stopping';
      readonly signal: string | null;
      readonly atOnce: boolean;
      /** ms that the stop takes at most. */
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
