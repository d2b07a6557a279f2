import type { BodyReads, Inspection, Refusal } from './body/inspect.ts';
import type { DeliveryFacts, Platform, Reply } from './platform.ts';
import type { Attributes, PlatformName, Route } from './route.ts';
import type { Scope } from './table/scope.ts';

// How a request is routed. In all attributes and routes here, secrets are sealed.

/** The request is for one profile. */
export interface Match {
  readonly kind: 'match';
  readonly profile: string;
  /** The route that claimed the request. */
  readonly route: Route;
  /** The platform that recognised the request; null if host and path alone decided. */
  readonly platform: PlatformName | null;
  /** The bot that the request names; null if host and path alone decided. */
  readonly attributes: Attributes | null;
  /** How long the sender waits, in ms from the request's first byte; null if it is unknown. */
  readonly deadline: number | null;
  /** Whether the sender uses the answer itself; true if it is unknown. */
  readonly synchronous: boolean;
  /** Computed on demand, since few requests need it; null if no platform recognised the request. */
  readonly facts: (() => DeliveryFacts) | null;
  /**
   * For a match by the head alone whose body was read after all: what to read of it, and the same match with its fields,
   * unless they cannot be read. Null if the body is known already or of no use.
   */
  readonly withBody: { readonly reads: BodyReads; match(inspection: Inspection): Match } | null;
}

/**
 * A batch for several bots. The same bytes go to each match; every route allows that its gateway sees the others' data.
 * There may be a single match, if no profile claims the other bots.
 */
export interface FanOut {
  readonly kind: 'fan-out';
  readonly platform: PlatformName;
  /** One for each profile, with the attributes of its first delivery. */
  readonly matches: readonly [Match, ...Match[]];
  /** The attributes of the deliveries that no profile claims. */
  readonly unclaimed: readonly Attributes[];
}

/**
 * A batch for several bots that not every profile allows to be shared. The sender gets 503 until the operator
 * decides.
 */
export interface MixedBatch {
  readonly kind: 'mixed-batch';
  readonly platform: PlatformName;
  /** The attributes of every delivery. */
  readonly attributes: readonly Attributes[];
  /** The profiles that would need `fan_out: true`. */
  readonly lacking: readonly string[];
}

/** The sender tests the URL, and the door answers. */
export interface Handshake {
  readonly kind: 'handshake';
  readonly reply: Reply;
  readonly platform: PlatformName;
}

/** No profile claims the request. Without a reply the sender gets a plain 404. */
export interface Unmatched {
  readonly kind: 'unmatched';
  readonly reply: Reply | undefined;
  /** Null if no platform recognises the request. */
  readonly platform: PlatformName | null;
  /** The attributes of every delivery; empty if the request names no bot. */
  readonly attributes: readonly Attributes[];
}

/** The request can be read in two ways, or not at all. */
export type Refused = { readonly kind: 'refused' } & Refusal;

export type Outcome = Match | FanOut | MixedBatch | Handshake | Unmatched | Refused;

export type HeadOutcome =
  | Outcome
  /** No route has the host and path of the request. */
  | { readonly kind: 'none' }
  /** A platform of that scope needs the body: read that of it, and call `matchBody`. */
  | {
      readonly kind: 'needs-body';
      readonly scope: Scope;
      readonly reads: BodyReads;
      /** Those of the scope's platforms whose mark is in the head. */
      readonly senders: readonly Platform[];
    };

export type BodyOutcome = Outcome;
