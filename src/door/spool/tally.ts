export interface SpoolStats {
  /** Deliveries that wait for the gateway or are being sent to it. */
  readonly queued: number;
  /** Deliveries that wait for the operator. */
  readonly dead: number;
  /** Deliveries since the start that were acknowledged and then expired, were refused or could not be read. */
  readonly lost: number;
  /** Since the start. */
  readonly delivered: number;
  /** Arrival of the oldest queued delivery, in epoch ms; null for none. */
  readonly oldest: number | null;
}

interface Counts {
  lost: number;
  delivered: number;
  /** Delivered since `takeUnreported` was called last. */
  unreported: number;
}

/** Counts what became of each profile's deliveries since the start. */
export class Tally {
  readonly #counts = new Map<string, Counts>();

  of(profile: string): Counts {
    const known = this.#counts.get(profile);
    if (known !== undefined) return known;
    const fresh = { lost: 0, delivered: 0, unreported: 0 };
    this.#counts.set(profile, fresh);
    return fresh;
  }

  delivered(profile: string): void {
    const counts = this.of(profile);
    counts.delivered += 1;
    counts.unreported += 1;
  }

  /** How many were delivered since the last call. */
  readUnreported(profile: string): number {
    const counts = this.of(profile);
    const { unreported } = counts;
    counts.unreported = 0;
    return unreported;
  }
}
