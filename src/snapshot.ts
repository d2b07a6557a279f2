import type { DeliveryMode, VerifyRules } from './config/types.ts';
import type { Holder } from './holder.ts';
import type { Route } from './routing/route.ts';

/**
 * The contract between the planes. The supervisor publishes snapshots; the door routes by the newest and tells
 * the supervisor what it needs and what it saw. All of it is plain data that survives structuredClone, so that
 * doors can be tested alone and can move to processes of their own.
 */
export interface Snapshot {
  /** Grows by one with every publication of one supervisor. */
  readonly version: number;
  /** The same array as in the snapshot before, while the config stays the same. */
  readonly routes: readonly Route[];
  /** One a profile. As `routes`, the same array while the config stays the same. */
  readonly rules: readonly ProfileRules[];
  readonly targets: readonly Target[];
}

/** What the door does with a profile's requests beside bringing them to it. Holds secrets in clear. */
export interface ProfileRules {
  readonly profile: string;
  /** Null: nothing is verified. */
  readonly verify: VerifyRules | null;
  readonly delivery: DeliveryMode;
}

/** One listener of one profile, as the door sees it. */
export interface Target {
  readonly profile: string;
  readonly listener: string;
  /** The life of the gateway that this speaks of; 0 before the first. Leases are taken on it. */
  readonly generation: number;
  /** Null until a port is allocated. */
  readonly address: Address | null;
  /** Path prefixes that are public, each starting with '/'; '/' is every path, none is no public path at all. */
  readonly paths: readonly string[];
  /** False for a `url:` profile: probed and routed to, never spawned. */
  readonly managed: boolean;
  readonly state: TargetState;
  /** Epoch ms of the next start where one is planned (backoff), else null. A wait that ends before it is in vain. */
  readonly retryAt: number | null;
  /**
   * Those that hold the port, as the supervisor last saw: a new connection counts only where they still do, since it
   * may have been taken by anybody else. Empty: nobody can say, and it counts.
   */
  readonly holders: readonly Holder[];
  /** ms without a lease on this generation after which the door tells load() of it; null: it need not. */
  readonly idleAfter: number | null;
}

/**
 * What a door does with a request for a target, and nothing more; the gateway's own state is the supervisor's.
 * ready: forward. pending: worth a hold, since it starts, restarts, or is started by ensureReady.
 * down: answer 503 now, since nothing but the operator changes it.
 */
export type TargetState = 'ready' | 'pending' | 'down';

export type Address = { readonly host: string; readonly port: number } | { readonly socket: string };

/** What doors tell the supervisor. Fire and forget: the answer to each is a later snapshot. */
export interface SupervisorPort {
  /** A request waits for this listener until deadlineAt (epoch ms). Starts on-demand gateways, and only those. */
  ensureReady(request: {
    readonly id: string;
    readonly profile: string;
    readonly listener: string;
    readonly deadlineAt: number;
  }): void;
  /** The request with this id waits no longer. */
  cancel(id: string): void;
  /**
   * This door routes by that snapshot now: no new lease on what it does not list as ready. Told after the load of
   * every generation that it took out of routing, so that the last load before it is the one that counts.
   */
  applied(doorId: string, version: number): void;
  /**
   * Leases that this door holds on a generation. Told when a snapshot takes a generation out of routing, and
   * again when its last lease ends; and of one that is routed to, each time it had none for the target's
   * `idleAfter`, and at the first lease after that. lastUsed is epoch ms; where there was no lease yet, of when this
   * door first routed to it.
   */
  load(
    doorId: string,
    report: {
      readonly profile: string;
      readonly generation: number;
      readonly inFlight: number;
      readonly lastUsed: number;
    },
  ): void;
  /** A connection to that listener failed before a byte was sent; code is the system's ('ECONNREFUSED', …) or STRANGER. */
  failed(report: {
    readonly profile: string;
    readonly generation: number;
    readonly listener: string;
    readonly code: string;
  }): void;
}

/** What the supervisor tells every door. */
export interface DoorPort {
  readonly id: string;
  apply(snapshot: Snapshot): void;
}
