import type { RequestHead } from '../../routing/platform.ts';

/** A request as its verifier sees it. */
export interface Received {
  readonly head: RequestHead;
  /** As it came; empty where the verifier needs the head alone. */
  readonly body: Buffer;
  /** As the sender calls it: scheme, host, path and query. Null where the config has no public_url. */
  readonly url: string | null;
  /** Epoch ms. */
  readonly now: number;
}

export type Verdict =
  /** Epoch ms from which whoever verifies it once more would refuse it; null: it never gets stale. */
  | { readonly ok: true; readonly expiresAt: number | null }
  /** Why, for the operator alone; holds no secret, and nothing that could be mistaken for gwproxy's own words. */
  | { readonly ok: false; readonly reason: string }
  /** Nobody can say: the keys could not be had, for which the sender is not to blame. */
  | { readonly ok: 'unknown'; readonly reason: string; readonly retryAfter: number };

/** How one sender's requests to one profile are proven to be the sender's. */
export interface Verifier {
  /** What of a request its proof covers; nothing: the sender signs no such request, and it passes unverified. */
  needs(head: RequestHead): 'body' | 'head' | 'nothing';
  verify(request: Received): Verdict | Promise<Verdict>;
  /** For WWW-Authenticate; null where the sender's scheme has no name. */
  readonly challenge: string | null;
}

export const VERIFIED: Verdict = { ok: true, expiresAt: null };

export function refused(reason: string): Verdict {
  return { ok: false, reason };
}

/** The verifier of a sender that signs every request's body. */
export function signedBody(verify: (request: Received) => Verdict): Verifier {
  return { needs: () => 'body', verify, challenge: null };
}

/** Of a request that is proven to be its sender's. */
export interface Verified {
  /** Epoch ms from which a gateway that verifies it too would refuse it; null: never. */
  readonly expiresAt: number | null;
}
