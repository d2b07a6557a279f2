/**
 * Of the listener that a path and query is for. ready: it takes requests now. away: it does not, or nobody knows yet.
 * nowhere: there is none, and no time alone brings one.
 */
export type Standing = 'ready' | 'away' | 'nowhere';

/** Whether a delivery may be sent, and how to ask that it may. */
export interface Readiness {
  standing(profile: string, target: string): Standing;
  /** Asks for it until `deadlineAt` (epoch ms); starts on-demand gateways, and only those. */
  ensureReady(profile: string, target: string, deadlineAt: number): void;
}

/** Ms between two requests for a gateway that does not become ready: one may be stopped again for want of use. */
const EVERY = 10_000;

/** Asks for the gateways that deliveries wait for, as often as it makes sense. */
export class WakeRequests {
  readonly #readiness: Readiness;
  /** When each was asked for last, epoch ms. */
  readonly #asked = new Map<string, number>();

  constructor(readiness: Readiness) {
    this.#readiness = readiness;
  }

  /** Whether it was asked for, and is not ready yet. */
  has(profile: string): boolean {
    return this.#asked.has(profile);
  }

  /** For these profiles, each with a target, and for no other; gives back when to ask again (epoch ms). */
  ask(waiting: ReadonlyMap<string, string>, now: number): number {
    for (const profile of [...this.#asked.keys()]) if (!waiting.has(profile)) this.#asked.delete(profile);
    let next = Number.POSITIVE_INFINITY;
    for (const [profile, target] of waiting) {
      const askedAt = this.#asked.get(profile);
      if (askedAt !== undefined && askedAt + EVERY > now) next = Math.min(next, askedAt + EVERY);
      else {
        // First, since the answer may come before it returns.
        this.#asked.set(profile, now);
        next = Math.min(next, now + EVERY);
        this.#readiness.ensureReady(profile, target, now + EVERY);
      }
    }
    return next;
  }
}
