import type { BodyFields, Reads } from './body/reads.ts';
import type { Attributes, PlatformName, RouteKey } from './route.ts';

/** What the door knows of a request before its body is read. Header names in lower case, values as received. */
export interface RequestHead {
  readonly method: string;
  /** Without the query, as received (nothing decoded), starting with '/'. */
  readonly path: string;
  /** After the '?', without it; '' where there is none. */
  readonly query: string;
  /** The Host header, as received: in any case, with or without a port. */
  readonly host: string;
  /** The only value of that header; undefined where it is absent, 'repeated' is never returned: the door
   * refuses a repeated header that some platform routes by before it asks. */
  header(name: string): string | undefined;
}

/** An answer that the door gives itself, in the words the sender understands. */
export interface Reply {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** The request says two things about whom it is for; it is refused with 400 GWPROXY_AMBIGUOUS_KEY. */
export interface Ambiguous {
  readonly ambiguous: string;
}

/**
 * All that is known of one sender. Pure: the same head and fields give the same answer. `body` is null where the
 * head alone is asked: what is only in the body is then simply not there.
 */
export interface Platform {
  readonly name: PlatformName;
  /** What its routes are called in the config: `slack: {…}`; null where it has none (Viber names no bot). */
  readonly configKey: string | null;
  /** The fields of its routes, in the order in which one beats another. */
  readonly fields: readonly string[];
  /** Those of `fields` that the head alone gives: routes by these need no body, which then streams. */
  readonly headFields: readonly string[];
  /** Those of `fields` that are secrets: compared by their keyed hash, never shown. */
  readonly secretFields: readonly string[];
  /**
   * Platforms of one family share their marks (Meta's subscription GET): of several that the head proves, the one
   * that some route claims it by decides. Two platforms of no common family are a contradiction.
   */
  readonly family?: 'meta';
  readonly reads: Reads;
  /** A route's value or an attribute in the form in which both are compared. */
  normalise(field: string, value: string): string;
  /**
   * A route's fields so written that two routes which claim the same requests look the same, for the check of the
   * config; where they always do, there is none.
   */
  comparable?(fields: RouteKey['fields']): RouteKey['fields'];
  /**
   * Whether it is this sender's request. With the head alone: true where a header or the query proves it, false
   * where it cannot be, else 'needs body'. With the body: true or false by its shape, or by the head as before.
   */
  recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body';
  /** Whom the request is for: one entry a bot (Meta's and Graph's batches hold several); empty where it names nobody. */
  deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous;
  /** A request that the sender uses to try the URL, answered here; undefined where it is an ordinary one. */
  handshake(head: RequestHead, body: BodyFields | null): Reply | undefined;
  /** What the sender must hear when no profile claims the request; undefined is the door's own 404. */
  unmatched(head: RequestHead, body: BodyFields | null): Reply | undefined;
  /** How long the sender waits for an answer, in ms from its first byte. */
  deadline(head: RequestHead, body: BodyFields | null): number;
  /** The answer itself matters to the sender: never acknowledged early, never replayed. */
  synchronous(head: RequestHead, body: BodyFields | null): boolean;
  /**
   * Whether it may be acknowledged before its gateway has it: the sender would not repeat it in time, and of the
   * answer only the status matters. Left out by a platform of which that is never so. Asked only of what is not
   * synchronous.
   */
  spoolable?(head: RequestHead, body: BodyFields | null): boolean;
  /** What the sender wants to hear of such a request; a platform without it hears an empty 200. */
  acknowledgement?(head: RequestHead, body: BodyFields | null): Reply;
  /**
   * The sender's own ids of what it delivers: a request of the same bytes with the same ids is the same delivery,
   * sent again. Undefined where nothing says so. Asked only of what is not synchronous.
   */
  dedupKey?(head: RequestHead, body: BodyFields | null): readonly string[] | undefined;
  /** What must stay in order: a conversation, a channel, a repository. Undefined where nothing names one. */
  orderKey?(head: RequestHead, body: BodyFields | null): string | undefined;
}

/** What matters of a delivery that waits on disk, or that may be a repeat of another. */
export interface DeliveryFacts {
  /** As `Platform.spoolable`; false for what is synchronous. */
  readonly spoolable: boolean;
  readonly acknowledgement: Reply;
  /** Undefined for what is synchronous, too. */
  readonly dedupKey: readonly string[] | undefined;
  readonly orderKey: string | undefined;
}
