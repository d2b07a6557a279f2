import type { PlatformName } from '../../../routing/route.ts';

/** A verified request as its gateway will get it. */
export interface SpoolRequest {
  readonly profile: string;
  readonly platform: PlatformName;
  readonly method: string;
  /** Path and query as the gateway sees them. */
  readonly target: string;
  /** Path and query as received, to match the request again later. */
  readonly publicTarget: string;
  /** Names and values alternate; without framing headers. */
  readonly headers: readonly string[];
  /** Ordering key; deliveries without one share a queue per profile. */
  readonly orderKey: string | null;
  /** The platform's ids by which a repeat is recognised; null if it gives none. */
  readonly dedupKey: readonly string[] | null;
  /** Epoch ms. */
  readonly receivedAt: number;
  /** Epoch ms after which its gateway would refuse its credentials; null if they do not expire. */
  readonly expiresAt: number | null;
  readonly body: Buffer;
  /** Digest of the body, in hex. */
  readonly sha256: string;
}

/** One request in the spool, without its body and headers. */
export interface Spooled extends Omit<SpoolRequest, 'body' | 'headers'> {
  /** Unique; ids sort by arrival. */
  readonly id: string;
  /** Size of its file. */
  readonly bytes: number;
}

/** Why an acknowledged delivery is not sent any more. */
export type EndReason =
  /** It was tried as often as the rules allow. */
  | 'tries'
  /** Its credentials expired, or it waited too long. */
  | 'expired'
  /** The gateway refused it (a 4xx other than 429, or a 3xx). */
  | 'refused'
  /** The current config does not route it to the profile that it was spooled for. */
  | 'no-route';

/** The tries so far. */
export interface Tries {
  readonly tries: number;
  /** The last try's status or error code; null before the first. */
  readonly lastStatus: string | null;
}

/** A delivery that waits for the operator. */
export interface DeadLetter extends Spooled, Tries {
  /** Null if its end record was lost in a power loss. */
  readonly end: EndReason | null;
  /** Epoch ms. */
  readonly diedAt: number;
}
