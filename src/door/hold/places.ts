import type { Limits } from '../../config/types.ts';
import { FairShares } from '../../util/fair-shares.ts';
import type { Counters } from '../upstream/counters.ts';
import type { Delivery } from './delivery.ts';

/** How many of the free places the requests of one profile may have. */
const UNVERIFIED_WEIGHT = 1;
const VERIFIED_WEIGHT = 4;

/** Whether there is a place for a request; and if not, whether others of its profile have what it would need. */
export type Room = 'fits' | 'profile-full' | 'full';

/** The places of held requests, bounded for each profile and for all; each profile has a share of those for all. */
export class HoldPlaces {
  readonly #limits: Pick<Limits, 'held'>;
  readonly #counters: Counters;
  readonly #all: FairShares;

  constructor(limits: Pick<Limits, 'held'>, counters: Counters) {
    this.#limits = limits;
    this.#counters = counters;
    this.#all = new FairShares(() => limits.held);
  }

  get used(): number {
    return this.#all.used;
  }

  roomFor({ profile, bytes, verified }: Delivery): Room {
    const { held, heldBytes } = this.#counters.of(profile);
    // A body larger than the limit is held too, if it is the profile's only one.
    if (!held.fits() || (heldBytes.used > 0 && !heldBytes.fits(bytes))) return 'profile-full';
    if (this.#all.fits(profile, verified ? VERIFIED_WEIGHT : UNVERIFIED_WEIGHT)) return 'fits';
    return this.#all.used < this.#limits.held ? 'profile-full' : 'full';
  }

  acquire({ profile, bytes }: Delivery): void {
    const { held, heldBytes } = this.#counters.of(profile);
    this.#all.acquire(profile);
    held.acquire();
    heldBytes.acquire(bytes);
  }

  release({ profile, bytes }: Delivery): void {
    const { held, heldBytes } = this.#counters.of(profile);
    this.#all.release(profile);
    held.release();
    heldBytes.release(bytes);
  }
}
