import { hash } from 'node:crypto';

/** Two requests with equal identities are the same delivery. */
export interface Identity {
  readonly profile: string;
  readonly listener: string;
  /** Path and query as the gateway gets them. */
  readonly target: string;
  /** The platform's own ids, in their parts (Bot Framework: conversation and activity). */
  readonly dedupKey: readonly string[];
  /** Digest of the body, in hex. */
  readonly sha256: string;
}

/**
 * A hash of 32 one-byte characters, so that its length is bounded. It is taken over JSON, so that different
 * identities never hash the same text.
 */
export function repeatKey({ profile, listener, target, dedupKey, sha256 }: Identity): string {
  return hash('sha256', JSON.stringify([profile, listener, target, dedupKey, sha256]), 'binary');
}
