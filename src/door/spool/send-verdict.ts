import type { EndReason, Spooled } from './store/spooled-delivery.ts';

/** The outcome of sending a delivery to its gateway once. */
export type SendOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The header's value; null if the gateway gave none. */
      readonly retryAfter: string | null;
    }
  /** The connection broke or no answer came in time: the gateway may have it. */
  | { readonly kind: 'broken'; readonly code: string }
  /** No byte of it reached the gateway. */
  | { readonly kind: 'unsent'; readonly code: string }
  /** It was not sent, since the routes no longer give it to the profile. */
  | { readonly kind: 'no-route' };

export interface RetryRules {
  /** A delivery is dead after this many tries that may have reached the gateway. */
  readonly tries: number;
  /** Ms before the second try; each further pause is twice the one before, up to `longestPause`. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** The same two for an attempt that sent no byte, which costs the gateway nothing. */
  readonly firstUnsent: number;
  readonly longestUnsent: number;
  /** The longest wait in ms that a gateway's Retry-After can ask for. */
  readonly longestAsked: number;
}

export const RETRY_RULES: RetryRules = {
  tries: 8,
  firstPause: 1000,
  longestPause: 60_000,
  firstUnsent: 100,
  longestUnsent: 5000,
  longestAsked: 600_000,
};

export type SendVerdict =
  | { readonly kind: 'delivered' }
  /** It is tried again, not before `at` (epoch ms). */
  | { readonly kind: 'again'; readonly at: number }
  | { readonly kind: 'dead'; readonly end: Exclude<EndReason, 'expired'> };

/** How often a delivery was sent, and how many attempts in a row could not send it. */
export interface AttemptCounts {
  readonly tries: number;
  readonly unsent: number;
}

/**
 * Decides what becomes of a delivery: it is delivered after a 2xx, tried again after 429, 5xx or a broken connection,
 * and dead after any other answer or without a route. `count` includes this outcome; `random` is in [0, 1).
 */
export function verdictOf(
  outcome: SendOutcome,
  count: AttemptCounts,
  now: number,
  random: number,
  rules: RetryRules = RETRY_RULES,
): SendVerdict {
  if (outcome.kind === 'no-route') return { kind: 'dead', end: 'no-route' };
  if (outcome.kind === 'unsent') {
    return { kind: 'again', at: now + backoff(count.unsent, random, rules.firstUnsent, rules.longestUnsent) };
  }
  if (outcome.kind === 'answered') {
    const { status } = outcome;
    if (status >= 200 && status <= 299) return { kind: 'delivered' };
    if (status !== 429 && status < 500) return { kind: 'dead', end: 'refused' };
  }
  if (count.tries >= rules.tries) return { kind: 'dead', end: 'tries' };
  const asked = outcome.kind === 'answered' ? readRetryAfter(outcome.retryAfter, now) : 0;
  const wait = Math.max(
    backoff(count.tries, random, rules.firstPause, rules.longestPause),
    Math.min(asked, rules.longestAsked),
  );
  return { kind: 'again', at: now + wait };
}

/** The outcome as the operator reads it: the status or the error's code. */
export function statusOf(outcome: Exclude<SendOutcome, { kind: 'no-route' }>): string {
  return outcome.kind === 'answered' ? String(outcome.status) : outcome.code;
}

/** When a delivery expires (epoch ms); `longest` is the ms that any delivery may wait. */
export function expiryOf({ receivedAt, expiresAt }: Spooled, longest: number): number {
  return Math.min(receivedAt + longest, expiresAt ?? Number.POSITIVE_INFINITY);
}

/**
 * The pause in ms before the next attempt. Half of it is random, so that deliveries that failed together are not
 * retried together.
 */
function backoff(count: number, random: number, first: number, longest: number): number {
  const full = Math.min(longest, first * 2 ** (count - 1));
  return Math.round(full / 2 + (full / 2) * random);
}

/** Retry-After in ms from now (RFC 9110 §10.2.3: seconds or a date); 0 if it is neither. */
export function readRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse reads nearly anything as a date: '-1' is one in 2001.
  const date = /^[A-Z][a-z]+, .+ GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
