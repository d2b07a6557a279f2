/**
 * The state of the listener for a path and query. ready: it accepts requests. not-ready: it does not, or its state is
 * not known yet. no-listener: the config has none, so that waiting is of no use.
 */
export type ListenerState = 'ready' | 'not-ready' | 'no-listener';

/** Finds out whether a delivery may be sent, and asks for its gateway. */
export interface GatewayReadiness {
  stateOf(profile: string, target: string): ListenerState;
  /** Asks for the gateway until `deadlineAt` (epoch ms). Starts on-demand gateways, and only those. */
  ensureReady(profile: string, target: string, deadlineAt: number): void;
}

/**
 * Ms between two requests for a gateway that does not become ready; meanwhile it may have been stopped for idleness.
 */
const REQUEST_INTERVAL = 10_000;

/** Asks for the gateways that deliveries wait for, at most once an interval. */
export class WakeRequests {
  readonly #readiness: GatewayReadiness;
  /** By profile, epoch ms of the last request. */
  readonly #requestedAt = new Map<string, number>();

  constructor(readiness: GatewayReadiness) {
    this.#readiness = readiness;
  }

  /** Whether the profile's gateway was asked for and is not known to be ready. */
  isAwaited(profile: string): boolean {
    return this.#requestedAt.has(profile);
  }

  /** Asks for these profiles, each with a target, and forgets all others. Returns when to ask again (epoch ms). */
  send(waiting: ReadonlyMap<string, string>, now: number): number {
    for (const profile of [...this.#requestedAt.keys()])
      if (!waiting.has(profile)) this.#requestedAt.delete(profile);
    let next = Number.POSITIVE_INFINITY;
    for (const [profile, target] of waiting) {
      const requestedAt = this.#requestedAt.get(profile);
      if (requestedAt !== undefined && requestedAt + REQUEST_INTERVAL > now)
        next = Math.min(next, requestedAt + REQUEST_INTERVAL);
      else {
        // Set before the call, which may lead back here.
        this.#requestedAt.set(profile, now);
        next = Math.min(next, now + REQUEST_INTERVAL);
        this.#readiness.ensureReady(profile, target, now + REQUEST_INTERVAL);
      }
    }
    return next;
  }
}
