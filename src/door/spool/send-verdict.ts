import type { EndReason, Spooled } from './store/spooled-delivery.ts';

/** What came of sending a delivery to its gateway once. */
export type SendOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** As the gateway wrote it; null where it did not. */
      readonly retryAfter: string | null;
    }
  /** It may have reached the gateway: the connection broke, or no answer came in time. */
  | { readonly kind: 'broken'; readonly code: string }
  /** Not a byte of it reached the gateway. */
  | { readonly kind: 'unsent'; readonly code: string }
  /** It was not sent, since it is not that profile's any more. */
  | { readonly kind: 'no-route' };

export interface RetryRules {
  /** Tries that reached the gateway, after which it is dead. */
  readonly tries: number;
  /** Ms before the second try; each further wait is twice that before it, up to `longest`. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** The same where not a byte left: whether the gateway is there is soon known, and costs it nothing. */
  readonly firstUnsent: number;
  readonly longestUnsent: number;
  /** Ms that a gateway's Retry-After may ask for. */
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
  /** Again, not before `at` (epoch ms). */
  | { readonly kind: 'again'; readonly at: number }
  | { readonly kind: 'dead'; readonly end: Exclude<EndReason, 'expired'> };

/** How often it was sent, and how often it could not be. */
export interface Count {
  readonly tries: number;
  readonly unsent: number;
}

/**
 * What becomes of a delivery: 2xx and it is delivered; 429, 5xx or a connection that broke and it is tried again;
 * any other answer says that it would never be taken, and what is another's is not sent at all. `count` has this outcome in it; `random` is in [0, 1).
 */
export function judge(
  outcome: SendOutcome,
  count: Count,
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

/** The last status as a person reads it. */
export function statusOf(outcome: Exclude<SendOutcome, { kind: 'no-route' }>): string {
  return outcome.kind === 'answered' ? String(outcome.status) : outcome.code;
}

/** Until when (epoch ms) it is worth a try; `longest` is the ms that any delivery may wait. */
export function expiryOf({ receivedAt, expiresAt }: Spooled, longest: number): number {
  return Math.min(receivedAt + longest, expiresAt ?? Number.POSITIVE_INFINITY);
}

/** Half of it by chance, so that the deliveries of one moment do not come back as one. */
function backoff(count: number, random: number, first: number, longest: number): number {
  const whole = Math.min(longest, first * 2 ** (count - 1));
  return Math.round(whole / 2 + (whole / 2) * random);
}

/** RFC 9110 §10.2.3: seconds or a date; in ms from now, 0 where it says neither. */
export function readRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse takes nearly anything for a date: '-1' is one of 2001.
  const date = /^[A-Z][a-z]+, .+ GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
