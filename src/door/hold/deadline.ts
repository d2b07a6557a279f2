/** What the way between the sender and us may take of its patience. */
const NETWORK_MARGIN = 500;
/** What any gateway may need, also one that has answered nothing yet. */
const MIN_GATEWAY_TIME = 500;

/** A path-routed request's sender is not known; the most patient of the usual ones wait 10 s (GitHub). */
export const UNKNOWN_SENDER_TIMEOUT = 10_000;

/**
 * Until when (epoch ms) a request may be held: the sender's deadline from the head's arrival, less what the
 * network needs, less what the gateway usually does (its p95), though never less than half of the deadline for
 * the latter: a slow gateway's requests are worth a wait too.
 */
export function holdUntil(arrivedAt: number, deadline: number, p95: number | null): number {
  const usual = Math.min(Math.max(p95 ?? 0, MIN_GATEWAY_TIME), deadline / 2);
  return answerDeadline(arrivedAt, deadline) - usual;
}

/** Until when (epoch ms) an answer reaches a sender that still waits for it. */
export function answerDeadline(arrivedAt: number, deadline: number): number {
  return arrivedAt + deadline - NETWORK_MARGIN;
}

/** Whole seconds for Retry-After, at least 1. */
export function retryAfter(retryAt: number | null, now: number): number {
  return retryAt === null ? 1 : Math.max(1, Math.ceil((retryAt - now) / 1000));
}
