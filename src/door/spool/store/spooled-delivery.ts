import type { PlatformName } from '../../../routing/route.ts';

/** A verified request as its gateway is to get it, once that is ready. */
export interface SpoolRequest {
  readonly profile: string;
  readonly platform: PlatformName;
  readonly method: string;
  /** Path and query, as the gateway will see them. */
  readonly target: string;
  /** Path and query as they came, by which its route is found again. */
  readonly publicTarget: string;
  /** Names and values in turn, without framing. */
  readonly headers: readonly string[];
  /** What it must stay in order with; null for all of its profile that name nothing. */
  readonly orderKey: string | null;
  /** What tells a repeat of it; null where nothing does. */
  readonly dedupKey: readonly string[] | null;
  /** Epoch ms. */
  readonly receivedAt: number;
  /** Epoch ms after which its gateway would refuse its credentials; null where they last. */
  readonly expiresAt: number | null;
  readonly body: Buffer;
}

/** One request in the spool, without what only its gateway may see. */
export interface Spooled extends Omit<SpoolRequest, 'body' | 'headers'> {
  /** Sorts by arrival, and is never given twice. */
  readonly id: string;
  /** On disk, headers and body together. */
  readonly bytes: number;
  /** Of the body, in hex. */
  readonly sha256: string;
}

/** Why a delivery that was acknowledged will not reach its gateway by itself. */
export type EndReason =
  /** Tried as often as it may be. */
  | 'tries'
  /** Its credentials, or the time that it may wait, ran out. */
  | 'expired'
  /** The gateway answered that it does not want it. */
  | 'refused'
  /** What the config says now does not give it to the profile that it was kept for. */
  | 'no-route';

/** How it went so far. */
export interface Tries {
  readonly tries: number;
  /** Of the last one: a status, or the system's code of what broke; null before the first. */
  readonly lastStatus: string | null;
}

/** A delivery that waits for the operator alone. */
export interface DeadLetter extends Spooled, Tries {
  /** Null where it was lost with the machine. */
  readonly end: EndReason | null;
  /** Epoch ms. */
  readonly diedAt: number;
}
