/** Ms of the sender's deadline that the network may need. */
const NETWORK_MARGIN = 500;
/** Ms that any gateway may need, even one that has not answered yet. */
const MIN_GATEWAY_TIME = 500;

/**
 * Deadline in ms of a path-routed request, whose sender is unknown; GitHub, the most patient of the usual ones, waits
 * 10 s.
 */
export const UNKNOWN_SENDER_TIMEOUT = 10_000;

/**
 * Until when (epoch ms) a request may be held: the sender's deadline, minus the time for the network, minus the time
 * that the gateway usually needs (its p95, but at most half of the deadline, so that a slow gateway's requests are held
 * too). `deadline` is in ms from the arrival of the head.
 */
export function holdUntil(arrivedAt: number, deadline: number, p95: number | null): number {
  const usual = Math.min(Math.max(p95 ?? 0, MIN_GATEWAY_TIME), deadline / 2);
  return answerDeadline(arrivedAt, deadline) - usual;
}

/** Until when (epoch ms) an answer reaches the sender in time. */
export function answerDeadline(arrivedAt: number, deadline: number): number {
  return arrivedAt + deadline - NETWORK_MARGIN;
}

/** Whole seconds for Retry-After, at least 1. */
export function retryAfter(retryAt: number | null, now: number): number {
  return retryAt === null ? 1 : Math.max(1, Math.ceil((retryAt - now) / 1000));
}
