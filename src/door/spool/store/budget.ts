import { BoundedBudget } from '../../../util/bounded-budget.ts';

/** Limits of the spool; dead letters count too. */
export interface SpoolLimits {
  /** Bytes on disk of all profiles. */
  readonly bytes: number;
  readonly count: number;
  readonly bytesPerProfile: number;
  readonly countPerProfile: number;
}

/** At 100 requests a second, a profile's share lasts well over a minute. */
export const SPOOL_LIMITS: SpoolLimits = {
  bytes: 512 * 1024 * 1024,
  count: 40_000,
  bytesPerProfile: 128 * 1024 * 1024,
  countPerProfile: 10_000,
};

interface Used {
  readonly bytes: BoundedBudget;
  readonly count: BoundedBudget;
}

/** Counts the spooled bytes and deliveries, in total and by profile. */
export class SpoolBudget {
  readonly #limits: SpoolLimits;
  readonly #all: Used;
  readonly #profiles = new Map<string, Used>();

  constructor(limits: SpoolLimits) {
    this.#limits = limits;
    this.#all = { bytes: new BoundedBudget(limits.bytes), count: new BoundedBudget(limits.count) };
  }

  /** Counts one delivery of that size; false, and nothing is counted, if a limit is reached. */
  tryAcquire(profile: string, bytes: number): boolean {
    const fits = [this.#all, this.#usedBy(profile)].every(
      (used) => used.count.fits() && used.bytes.fits(bytes),
    );
    if (fits) this.acquire(profile, bytes);
    return fits;
  }

  /** Counts one delivery that is on disk already, whether or not it fits. */
  acquire(profile: string, bytes: number): void {
    const used = this.#usedBy(profile);
    this.#profiles.set(profile, used);
    for (const one of [used, this.#all]) {
      one.bytes.acquire(bytes);
      one.count.acquire();
    }
  }

  release(profile: string, bytes: number): void {
    const used = this.#profiles.get(profile);
    if (used === undefined) return;
    for (const one of [used, this.#all]) {
      one.bytes.release(bytes);
      one.count.release();
    }
    if (used.count.used === 0) this.#profiles.delete(profile);
  }

  #usedBy(profile: string): Used {
    const { bytesPerProfile, countPerProfile } = this.#limits;
    return (
      this.#profiles.get(profile) ?? {
        bytes: new BoundedBudget(bytesPerProfile),
        count: new BoundedBudget(countPerProfile),
      }
    );
  }
}
