import type { DoorErrorCode } from './errors.ts';
import type { Attributes, PlatformName } from './routing/route.ts';

/** As `gwproxy status` shows it. */
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
 * Everything that gwproxy tells its operator while it runs. Parts report what happened; log.ts and
 * cli/render.ts decide how it reads. Never holds a body, a query, a header's value or a secret:
 * attributes come with their secrets sealed.
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
      /** The system's or undici's own words, for the operator alone. */
      readonly cause: string | null;
    }
  /** Refusals with that code that were not reported one by one, since they came too fast. */
  | { readonly type: 'door.suppressed'; readonly code: DoorErrorCode; readonly count: number }
  /** A keyed request that no profile claims; told once for each attributes while they are remembered. */
  | { readonly type: 'door.unmatched'; readonly attributes: Attributes; readonly path: string }
  /** A batch for several bots that was refused, since these profiles have no `fan_out: true`. */
  | {
      readonly type: 'door.mixed-batch';
      readonly requestId: string;
      readonly path: string;
      readonly lacking: readonly string[];
      /** Of the batch's first deliveries. */
      readonly attributes: readonly Attributes[];
      /** How many deliveries are left out of that. */
      readonly more: number;
    }
  | {
      readonly type: 'gateway.state';
      readonly profile: string;
      readonly state: GatewayStateName;
      readonly generation: number;
      readonly pid: number | null;
      /** It is being ended since it cannot be left to serve: it hangs, uses too much memory, or did not start in time. */
      readonly unfit: boolean;
      /** Why, in plain words; null where the state says it all. */
      readonly reason: string | null;
      /** Epoch ms of the next start, in backoff; else null. */
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
      /** We asked for it: never a crash. */
      readonly asked: boolean;
    }
  | {
      readonly type: 'gateway.output';
      readonly profile: string;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  /** Lines of its output that were not kept. flood: it wrote faster than anyone could read. */
  | {
      readonly type: 'output.dropped';
      readonly profile: string;
      readonly lines: number;
      readonly reason: 'flood';
    }
  /** All its processes together; at most once for each time it grows past the warning. */
  | {
      readonly type: 'gateway.memory';
      readonly profile: string;
      readonly bytes: number;
      readonly limit: number;
    }
  /** Nobody can say whose process listens there; told once for each listener and generation. */
  | {
      readonly type: 'listener.unknown-owner';
      readonly profile: string;
      readonly listener: string;
      readonly port: number;
      /** owner_check: strict: it gets no requests. */
      readonly blocked: boolean;
      readonly reason: string;
    }
  /** Somebody removed the control socket, and it is there again. */
  | { readonly type: 'control.restored'; readonly path: string }
  /** Somebody removed it, and it cannot be made again so far; told once. */
  | { readonly type: 'control.lost'; readonly path: string; readonly reason: string }
  /** Processes of an earlier run that was killed were found, and ended. */
  | { readonly type: 'run.swept'; readonly profiles: readonly string[]; readonly processes: number }
  /** What ends the gateways should gwproxy be killed is not there. */
  | { readonly type: 'run.unguarded'; readonly reason: string }
  /** What the next `up` needs to find what this one leaves, should it and its guard be killed, or what an earlier one left. */
  | { readonly type: 'run.record'; readonly file: string; readonly reason: string }
  /** A log file cannot be written; its lines are counted, and told when it can be again. */
  | { readonly type: 'log.failed'; readonly file: string; readonly reason: string }
  | { readonly type: 'log.resumed'; readonly file: string; readonly lines: number }
  /** A log file cannot be rotated or compressed, and is written on; tried again, told once until it works. */
  | { readonly type: 'log.unrotated'; readonly file: string; readonly reason: string }
  /** An acknowledged delivery that will not reach its gateway: too old, or one that the gateway does not want. */
  | {
      readonly type: 'spool.lost';
      readonly profile: string;
      readonly id: string;
      readonly platform: PlatformName;
      readonly reason: 'expired' | 'refused';
      /** Of the last try: a status, or the system's code of what broke; null for none. */
      readonly lastStatus: string | null;
    }
  /**
   * An acknowledged delivery that waits for `gwproxy spool retry`. tries: tried as often as it may be. no-route: what
   * the config says now does not give it to the profile that it was kept for; no gateway gets it.
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
  /** A file in the spool that cannot be read as a delivery, and is set aside. */
  | { readonly type: 'spool.corrupt'; readonly file: string; readonly reason: string }
  /** Deliveries that found no room in the spool, and were refused with 503; told once a minute. */
  | { readonly type: 'spool.full'; readonly profile: string; readonly refused: number }
  /** The spool failed, mostly for its disk; `count` is of what failed since it was told last. */
  | {
      readonly type: 'spool.failed';
      readonly profile: string;
      readonly action: 'keep' | 'read' | 'send' | 'remove' | 'bury';
      readonly reason: string;
      readonly count: number;
    }
  /** It cannot be opened: nothing is acknowledged early, and what an earlier run kept is not delivered. */
  | { readonly type: 'spool.unusable'; readonly reason: string }
  /** All that waited for that profile is gone from the spool; the next delivery goes straight to its gateway. */
  | { readonly type: 'spool.drained'; readonly profile: string; readonly delivered: number }
  /** Changes of the config, each as a line for a person. */
  | { readonly type: 'config.applied'; readonly changes: readonly string[] }
  /**
   * Every change of a config that is not applied since one of them restarts or ends a gateway that serves: `gwproxy
   * reload` applies them. A changed `listen` waits for a new gwproxy, alone.
   */
  | { readonly type: 'config.pending'; readonly changes: readonly string[] }
  /** It stays as it was. */
  | { readonly type: 'config.invalid'; readonly problems: readonly string[] }
  | { readonly type: 'config.unwatched'; readonly reason: string }
  | {
      readonly type: 'app.stopping';
      readonly signal: string | null;
      readonly atOnce: boolean;
      /** ms that it takes at the longest. */
      readonly within: number;
    }
  | { readonly type: 'app.stopped' };

export type Report = (event: Event) => void;

/** Whether a gateway in that state is one for the operator to look at. */
export function isTrouble({ state, unfit }: Extract<Event, { type: 'gateway.state' }>): boolean {
  return unfit || state === 'failed' || state === 'backoff' || state === 'unready';
}

/** How much of a path an event tells. */
export const PATH_LENGTH = 256;
