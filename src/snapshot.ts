import type { DeliveryMode, VerifyRules } from './config/types.ts';
import type { Holder } from './holder.ts';
import type { Route } from './routing/route.ts';

/**
 * The contract between the planes. The supervisor publishes snapshots; the door routes by the newest one, and reports
 * to the supervisor. All of it is plain data that survives structuredClone, so that doors can be tested alone and can
 * move to processes of their own.
 */
export interface Snapshot {
  /** Grows by one with every snapshot that a supervisor publishes. */
  readonly version: number;
  /** The same array in all snapshots while the config stays the same. */
  readonly routes: readonly Route[];
  /** One for each profile; like `routes`, the same array while the config stays the same. */
  readonly rules: readonly ProfileRules[];
  readonly targets: readonly Target[];
}

/** How the door verifies and delivers a profile's requests. Holds secrets in clear. */
export interface ProfileRules {
  readonly profile: string;
  /** Null if nothing is verified. */
  readonly verify: VerifyRules | null;
  readonly delivery: DeliveryMode;
}

/** One listener of one profile. */
export interface Target {
  readonly profile: string;
  readonly listener: string;
  /** The gateway's current generation, on which leases are acquired; 0 before the first. */
  readonly generation: number;
  /** Null until a port is allocated. */
  readonly address: Address | null;
  /** Public path prefixes, each starting with '/'. '/' is every path; an empty list is no public path at all. */
  readonly paths: readonly string[];
  /** What is put before the path of a request when it is sent; '' for nothing. */
  readonly addPrefix: string;
  /** False for a `url:` profile: probed and routed to, never spawned. */
  readonly managed: boolean;
  readonly state: TargetState;
  /**
   * When the next start is planned (backoff), in epoch ms; else null. A request with an earlier deadline need not
   * wait.
   */
  readonly retryAt: number | null;
  /**
   * The holders of the port that the supervisor has confirmed. A new connection is used only if they still hold it,
   * since a foreign process may have accepted it. Empty if the owner is unknown: connections are used unchecked.
   */
  readonly holders: readonly Holder[];
  /** ms without a lease on this generation after which the door calls load(); null if it need not. */
  readonly idleAfter: number | null;
}

/**
 * How a door treats a request for a target. ready: forward it. pending: hold it, since the gateway starts, restarts,
 * or is started by ensureReady. down: answer 503 at once, since only the operator can change it.
 */
export type TargetState = 'ready' | 'pending' | 'down';

export type Address = { readonly host: string; readonly port: number } | { readonly socket: string };

/** The reports of doors to the supervisor. The calls return nothing; their effects are in later snapshots. */
export interface SupervisorPort {
  /** A request is held for this listener until deadlineAt (epoch ms). Starts on-demand gateways, and only those. */
  ensureReady(request: {
    readonly id: string;
    readonly profile: string;
    readonly listener: string;
    readonly deadlineAt: number;
  }): void;
  /** The request with this id is not held any more. */
  cancel(id: string): void;
  /**
   * This door routes by that snapshot now: it acquires no new lease on a target that is not ready in it. Called after
   * the load() of every generation that the snapshot took out of routing, so that the last load() before it is final.
   */
  applied(doorId: string, version: number): void;
  /**
   * The leases that this door holds on a generation. Called when a snapshot takes the generation out of routing, and
   * again when its last lease ends. For a generation in routing it is called each time there was no lease for the
   * target's `idleAfter`, and at the first lease after that. `lastUsed` is in epoch ms; before the first lease it is
   * the moment when this door first routed to the generation.
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
  /** A connection to that listener failed before a byte was sent. The code is the system's ('ECONNREFUSED', …) or FOREIGN_HOLDER. */
  failed(report: {
    readonly profile: string;
    readonly generation: number;
    readonly listener: string;
    readonly code: string;
  }): void;
}

/** A door, as the supervisor knows it. */
export interface DoorPort {
  readonly id: string;
  apply(snapshot: Snapshot): void;
}
