import type { RequestHead } from '../../routing/platform.ts';
import type { LoopShare } from '../../util/loop-share.ts';

/** A request as its verifier sees it. */
export interface Received {
  readonly head: RequestHead;
  /** The body as received; empty if the verifier needs the head only. */
  readonly body: Buffer;
  /** The URL as the sender calls it: scheme, host, path and query. Null if the config has no public_url. */
  readonly url: string | null;
  /** Epoch ms. */
  readonly now: number;
  /** For work on the body. */
  readonly loop: LoopShare;
}

export type Verdict =
  /** Epoch ms from which the proof is no longer valid; null if it does not expire. */
  | { readonly ok: true; readonly expiresAt: number | null }
  /** `reason` is for the operator only, and contains no secret and no unchecked text of the sender. */
  | { readonly ok: false; readonly reason: string }
  /** The keys could not be fetched, which is not the sender's fault. `retryAfter` in whole seconds. */
  | { readonly ok: 'unknown'; readonly reason: string; readonly retryAfter: number };

/** Verifies that one platform's requests to one profile are from that platform. */
export interface Verifier {
  /** The part of a request that the proof covers; nothing: the platform does not sign it, and it passes unverified. */
  needs(head: RequestHead): 'body' | 'head' | 'nothing';
  verify(request: Received): Verdict | Promise<Verdict>;
  /** For WWW-Authenticate; null if the platform's scheme has no registered name. */
  readonly challenge: string | null;
}

export const VERIFIED: Verdict = { ok: true, expiresAt: null };

export function refused(reason: string): Verdict {
  return { ok: false, reason };
}

/** The verifier of a platform that signs the body of every request. */
export function signedBody(verify: Verifier['verify']): Verifier {
  return { needs: () => 'body', verify, challenge: null };
}

/** A request that is verified to be from its sender. */
export interface Verified {
  /** Epoch ms from which the gateway would refuse the request if it verified it too; null for never. */
  readonly expiresAt: number | null;
}
