import type { Limits } from '../../config/types.ts';
import { BoundedBudget } from '../../util/bounded-budget.ts';
import { Latency } from './latency.ts';

export interface ProfileStats {
  /** Leases: requests that are forwarded and not completely answered, and open WebSockets. */
  readonly inFlight: number;
  readonly held: number;
  /** Requests for the profile's public listeners since the door started. */
  readonly requests: number;
  /** Requests answered 502 because the gateway closed the idle connection just as they were written to it. */
  readonly brokenReuse: number;
  /** Epoch ms of the newest lease's start or end; 0 if there was none. */
  readonly lastUsed: number;
}

/** A reload changes them in place. */
export type HeldLimits = Pick<Limits, 'heldPerProfile' | 'heldBytesPerProfile'>;

/** The door's counters of one profile, across its generations. */
export class ProfileCounters {
  inFlight = 0;
  /** Requests that are held. */
  readonly held: BoundedBudget;
  /** Bytes of their bodies. */
  readonly heldBytes: BoundedBudget;
  requests = 0;
  brokenReuse = 0;
  lastUsed = 0;
  readonly latency = new Latency();

  constructor(limits: HeldLimits) {
    this.held = new BoundedBudget(() => limits.heldPerProfile);
    this.heldBytes = new BoundedBudget(() => limits.heldBytesPerProfile);
  }

  stats(): ProfileStats {
    const { inFlight, held, requests, brokenReuse, lastUsed } = this;
    return { inFlight, held: held.used, requests, brokenReuse, lastUsed };
  }
}

/** The counters of each profile in the newest snapshot. */
export class Counters {
  readonly #limits: HeldLimits;
  readonly #profiles = new Map<string, ProfileCounters>();

  constructor(limits: HeldLimits) {
    this.#limits = limits;
  }

  of(profile: string): ProfileCounters {
    const known = this.#profiles.get(profile);
    if (known !== undefined) return known;
    const fresh = new ProfileCounters(this.#limits);
    this.#profiles.set(profile, fresh);
    return fresh;
  }

  /** Keeps the counters of these profiles, and of others only while they have requests. */
  retain(profiles: ReadonlySet<string>): void {
    for (const profile of profiles) this.of(profile);
    for (const [profile, counters] of this.#profiles) {
      if (!profiles.has(profile) && counters.inFlight === 0 && counters.held.used === 0) {
        this.#profiles.delete(profile);
      }
    }
  }

  stats(): ReadonlyMap<string, ProfileStats> {
    return new Map([...this.#profiles].map(([profile, counters]) => [profile, counters.stats()]));
  }
}
