/**
 * Of the listener that a path and query is for. ready: it takes requests now. away: it does not, or nobody knows yet.
 * nowhere: there is none, and no time alone brings one.
 */
export type ListenerState = 'ready' | 'not-ready' | 'no-listener';

/** Whether a delivery may be sent, and how to ask that it may. */
export interface Readiness {
  stateOf(profile: string, target: string): ListenerState;
  /** Asks for it until `deadlineAt` (epoch ms); starts on-demand gateways, and only those. */
  ensureReady(profile: string, target: string, deadlineAt: number): void;
}

/** Ms between two requests for a gateway that does not become ready: one may be stopped again for want of use. */
const REQUEST_INTERVAL = 10_000;

/** Asks for the gateways that deliveries wait for, as often as it makes sense. */
export class WakeRequests {
  readonly #readiness: Readiness;
  /** When each was asked for last, epoch ms. */
  readonly #requestedAt = new Map<string, number>();

  constructor(readiness: Readiness) {
    this.#readiness = readiness;
  }

  /** Whether it was asked for, and is not ready yet. */
  isAwaited(profile: string): boolean {
    return this.#requestedAt.has(profile);
  }

  /** For these profiles, each with a target, and for no other; gives back when to ask again (epoch ms). */
  send(waiting: ReadonlyMap<string, string>, now: number): number {
    for (const profile of [...this.#requestedAt.keys()])
      if (!waiting.has(profile)) this.#requestedAt.delete(profile);
    let next = Number.POSITIVE_INFINITY;
    for (const [profile, target] of waiting) {
      const requestedAt = this.#requestedAt.get(profile);
      if (requestedAt !== undefined && requestedAt + REQUEST_INTERVAL > now)
        next = Math.min(next, requestedAt + REQUEST_INTERVAL);
      else {
        // First, since the answer may come before it returns.
        this.#requestedAt.set(profile, now);
        next = Math.min(next, now + REQUEST_INTERVAL);
        this.#readiness.ensureReady(profile, target, now + REQUEST_INTERVAL);
      }
    }
    return next;
  }
}
