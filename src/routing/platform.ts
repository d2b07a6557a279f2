import type { JsonKind } from './json.ts';
import type { Attributes, PlatformName } from './route.ts';

/** What the door knows of a request before its body is read. Header names in lower case, values as received. */
export interface RequestHead {
  readonly method: string;
  /** Without the query, as received (nothing decoded), starting with '/'. */
  readonly path: string;
  /** After the '?', without it; '' where there is none. */
  readonly query: string;
  /** The only value of that header; undefined where it is absent, 'repeated' is never returned: the door
   * refuses a repeated header that some platform routes by before it asks. */
  header(name: string): string | undefined;
}

/**
 * The routing fields of a body, each read once from the raw bytes. A platform asks by JSON pointer (RFC 6901)
 * or by form field name, and only for what it declared in `reads`.
 */
export interface BodyFields {
  readonly format: 'json' | 'form';
  /** The string at that pointer in a JSON body, or in the JSON of the form field `within`; else undefined. */
  text(pointer: string, within?: string): string | undefined;
  /** What kind of value stands there. */
  kind(pointer: string, within?: string): JsonKind | undefined;
  /** The decoded value of a form field; undefined in a JSON body. */
  form(name: string): string | undefined;
}

/** What a platform reads of a body; nothing else of it is looked at. */
export interface Reads {
  /** JSON pointers into a JSON body. */
  readonly json: readonly string[];
  /** Form fields, by name. */
  readonly form: readonly string[];
  /** JSON pointers into the JSON that a form field holds (Slack's `payload`). */
  readonly formJson: Readonly<Record<string, readonly string[]>>;
}

/** An answer that the door gives itself, in the words the sender understands. */
export interface Reply {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** All that is known of one sender. Pure: the same head and fields give the same answer. */
export interface Platform {
  readonly name: PlatformName;
  /** What its routes are called in the config: `slack: {…}`. */
  readonly configKey: string;
  /** The fields of its routes, in the order in which one beats another. */
  readonly fields: readonly string[];
  readonly reads: Reads;
  /** A route's value or an attribute in the form in which both are compared. */
  normalise(field: string, value: string): string;
  /** Whether it is this sender's request; 'needs body' where the head does not say. */
  recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body';
  /** Whom the request is for: one entry a bot; empty where it names nobody. */
  deliveries(head: RequestHead, body: BodyFields): readonly Attributes[];
  /** A request that the sender uses to try the URL, answered here; undefined where it is an ordinary one. */
  handshake(head: RequestHead, body: BodyFields): Reply | undefined;
  /** What the sender must hear when no profile claims the request. */
  unmatched(head: RequestHead, body: BodyFields): Reply | undefined;
  /** How long the sender waits for an answer, in ms from its first byte. */
  deadline(head: RequestHead, body: BodyFields): number;
  /** The answer itself matters to the sender: never acknowledged early, never replayed. */
  synchronous(head: RequestHead, body: BodyFields): boolean;
}
