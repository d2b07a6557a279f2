import type { BodyFields, Reads } from './body/reads.ts';
import type { Attributes, PlatformName, RouteKey } from './route.ts';

/** The part of a request that is known before its body is read. Header names are in lower case, values as received. */
export interface RequestHead {
  readonly method: string;
  /** Without the query, as received (nothing decoded), starting with '/'. */
  readonly path: string;
  /** The part after the '?'; '' if there is none. */
  readonly query: string;
  /** The Host header, as received: in any case, with or without a port. */
  readonly host: string;
  /**
   * The value of that header; undefined if it is absent. A header in `Platform.headers` has only one value: the door
   * has refused any request that repeats it.
   */
  header(name: string): string | undefined;
}

/** An answer that gwproxy gives itself, in the form that the sender understands. */
export interface Reply {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** The request names its recipient in two ways that disagree; it is refused with 400 GWPROXY_AMBIGUOUS_KEY. */
export interface Ambiguous {
  readonly ambiguous: string;
}

/**
 * Everything that gwproxy knows of one sender. Pure: the same head and body give the same answer. `body` is null if
 * only the head is known; fields of the body are then absent.
 */
export interface Platform {
  readonly name: PlatformName;
  /** The key of its routes in the config (`slack: {…}`); null if it has none (Viber's requests name no bot). */
  readonly configKey: string | null;
  /** The fields of its routes. Of two routes with equally many fields, the one with the earlier field wins. */
  readonly fields: readonly string[];
  /**
   * The part of `fields` that is in the head; no body changes their values. A request is streamed, with the body unread,
   * where these decide it.
   */
  readonly headFields: readonly string[];
  /**
   * The part of `fields` that some events do not have, though they are for the same bot (Twilio's recording callback names
   * no number). Such an event goes to the only profile that its other fields can mean (table/lesser-claims.ts).
   */
  readonly optionalFields: readonly string[];
  /** The part of `fields` that is secret: compared by its keyed hash, never shown. */
  readonly secretFields: readonly string[];
  /**
   * The headers that name a bot or prove the sender, in lower case. A request must have at most one value of each, in
   * one spelling: a gateway that used another value than the door would serve another bot's request, or verify
   * another signature.
   */
  readonly headers: readonly string[];
  /**
   * Platforms of one family may recognise the same head (Meta's subscription GET): the one with a route that claims
   * it decides. If platforms of different families recognise one head, the request is refused.
   */
  readonly family?: 'meta';
  readonly reads: Reads;
  /** Puts a route's value, or an attribute, into the form in which the two are compared. */
  normalise(field: string, value: string): string;
  /**
   * Rewrites a route's fields so that two routes which claim the same requests become equal, for the config's check.
   * Left out if they always are.
   */
  comparable?(fields: RouteKey['fields']): RouteKey['fields'];
  /** Bytes of the longest body that the vendor documents; left out if it documents none, or less than 4 MiB. */
  readonly longestBody?: number;
  /**
   * Whether the request is this sender's. With the head alone: true if a header or the query proves it, false if it
   * cannot be, else 'needs body'. With the body: true or false, by its shape or by the head as before.
   */
  recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body';
  /**
   * Senders whose marks or shape the requests of this one have too. Such a request is this sender's, and no proof of
   * theirs is asked for.
   */
  readonly imitates: readonly PlatformName[];
  /** How verification tells what a gateway may take for this sender's request; by default as routing recognises it. */
  readonly lookalike: Lookalike;
  /** The bots that the request is for: one entry each, no two equal (only Meta and Graph send batches); empty if it names none. */
  deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous;
  /** The answer to a request by which the sender tests the URL; undefined for every other request. */
  handshake(head: RequestHead, body: BodyFields | null): Reply | undefined;
  /** The answer that the sender needs if no profile claims the request; undefined for a plain 404. */
  unmatched(head: RequestHead, body: BodyFields | null): Reply | undefined;
  /** How long the sender waits for an answer, in ms from the first byte of its request. */
  deadline(head: RequestHead, body: BodyFields | null): number;
  /** Whether the sender uses the answer itself: such a request is never acknowledged early and never replayed. */
  synchronous(head: RequestHead, body: BodyFields | null): boolean;
  /**
   * Whether the request may be acknowledged before its gateway has it: the sender would not repeat it in time and uses
   * only the status of the answer. Asked only of requests that are not synchronous; left out if it never holds.
   */
  spoolable?(head: RequestHead, body: BodyFields | null): boolean;
  /** The acknowledgement of a spooled request; an empty 200 if left out. */
  acknowledgement?(head: RequestHead, body: BodyFields | null): Reply;
  /**
   * The sender's own ids of what it delivers: requests of the same bytes with the same ids are repeats of one delivery.
   * Undefined if the request has no such ids. Asked only of requests that are not synchronous.
   */
  dedupKey?(head: RequestHead, body: BodyFields | null): readonly string[] | undefined;
  /** Deliveries with the same key stay in order: a conversation, a channel, a repository. Undefined if none is named. */
  orderKey?(head: RequestHead, body: BodyFields | null): string | undefined;
}

/**
 * What a gateway may take for a sender's request: also one without the mark that the sender itself always sends. A profile
 * that verifies the sender asks for its proof.
 */
export interface Lookalike {
  readonly reads: Partial<Reads>;
  /** As `Platform.recognises`. */
  recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body';
  /**
   * Whether the request has what no imitator of this sender sends, so that its proof is asked for although an imitator's
   * route claims it. Left out if imitators send all of it.
   */
  isBeyondImitation?(head: RequestHead, body: BodyFields | null): boolean;
}

type Required = 'name' | 'configKey' | 'fields' | 'recognises' | 'deliveries' | 'deadline' | 'synchronous';

/** What a platform's file must define, and what it may define. */
export type PlatformDefinition = Pick<Platform, Required> &
  Partial<Omit<Platform, Required | 'reads'>> & { readonly reads?: Partial<Reads> };

/**
 * Completes a platform with what holds for most senders: no field is in the head, none is secret, ids are opaque and
 * compared exactly, no request tests the URL, and a request that no profile claims gets a plain 404.
 */
export function definePlatform(definition: PlatformDefinition): Platform {
  return {
    headFields: [],
    optionalFields: [],
    secretFields: [],
    headers: [],
    normalise: (_field, value) => value,
    handshake: () => undefined,
    unmatched: () => undefined,
    imitates: [],
    lookalike: { reads: definition.reads ?? {}, recognises: definition.recognises },
    ...definition,
    reads: { json: [], form: [], formJson: {}, ...definition.reads },
  };
}

/** The facts about a delivery that may be spooled, or may be a repeat of another. */
export interface DeliveryFacts {
  /** As `Platform.spoolable`; false if it is synchronous. */
  readonly spoolable: boolean;
  readonly acknowledgement: Reply;
  /** As `Platform.dedupKey`; undefined if it is synchronous. */
  readonly dedupKey: readonly string[] | undefined;
  readonly orderKey: string | undefined;
}
