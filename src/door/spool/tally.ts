interface Counts {
  lost: number;
  delivered: number;
  /** Since its first delivery was spooled. */
  unreported: number;
}

/** What became of each profile's deliveries, since the start. */
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

  /** Nothing of it waits any more; gives back how many were delivered since this was said last. */
  takeUnreported(profile: string): number {
    const counts = this.of(profile);
    const { unreported } = counts;
    counts.unreported = 0;
    return unreported;
  }
}
