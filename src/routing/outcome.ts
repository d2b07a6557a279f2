import type { BodyType, Refusal } from './body/inspect.ts';
import type { DeliveryFacts, Reply } from './platform.ts';
import type { Attributes, PlatformName, Route } from './route.ts';
import type { Scope } from './table/scope.ts';

// What becomes of a request. Attributes and routes have their secrets sealed in all of it.

/** It is for one profile. */
export interface Match {
  readonly kind: 'match';
  readonly profile: string;
  /** The route that claimed the request. */
  readonly route: Route;
  /** The platform that recognised it; null where host and path alone decided. */
  readonly platform: PlatformName | null;
  /** What the request says about whom it is for; null where host and path alone decided. */
  readonly attributes: Attributes | null;
  /** How long the sender waits, in ms from the request's first byte; null where no platform knows. */
  readonly deadline: number | null;
  /** Whether the answer itself matters to the sender; true where no platform knows. */
  readonly synchronous: boolean;
  /** Worked out when it is asked for, since few requests need it; null where no platform knows. */
  readonly facts: (() => DeliveryFacts) | null;
  /**
   * The same match with what else its body tells, where the head alone decided and the body was read after all; as it
   * is where that cannot be read. Null where there is no more to know.
   */
  readonly withBody: ((type: BodyType, bytes: Buffer) => Match) | null;
}

/**
 * A batch for several bots: the same bytes go to each match, and every one of them allows that its gateway sees
 * the others' data. One match alone where the others in the batch are claimed by nobody.
 */
export interface FanOut {
  readonly kind: 'fan-out';
  readonly platform: PlatformName;
  /** One a profile; its attributes are those of its first delivery. */
  readonly matches: readonly [Match, ...Match[]];
  /** Of the deliveries that no profile claims. */
  readonly unclaimed: readonly Attributes[];
}

/** A batch for several bots of which some profile does not allow that: 503, and for the operator to settle. */
export interface MixedBatch {
  readonly kind: 'mixed-batch';
  readonly platform: PlatformName;
  /** Of every delivery. */
  readonly attributes: readonly Attributes[];
  /** The profiles that would need `fan_out: true`. */
  readonly lacking: readonly string[];
}

/** A sender tries the URL: answered by the door. */
export interface Handshake {
  readonly kind: 'handshake';
  readonly reply: Reply;
  readonly platform: PlatformName;
}

/** No profile claims it. Without a reply the sender hears the door's own 404. */
export interface Unmatched {
  readonly kind: 'unmatched';
  readonly reply: Reply | undefined;
  /** Null where no platform calls the request its own. */
  readonly platform: PlatformName | null;
  /** Of every delivery; empty where it names nobody. */
  readonly attributes: readonly Attributes[];
}

/** It can be read in two ways, or not at all. */
export type Refused = { readonly kind: 'refused' } & Refusal;

export type Outcome = Match | FanOut | MixedBatch | Handshake | Unmatched | Refused;

export type HeadOutcome =
  | Outcome
  /** No route claims it: none has its host and path. */
  | { readonly kind: 'none' }
  /** Some platform of that scope must see the body: read it and ask `matchBody`. */
  | { readonly kind: 'needs-body'; readonly scope: Scope };

export type BodyOutcome = Outcome;
