interface Counts {
  lost: number;
  delivered: number;
  /** Since its first delivery was spooled. */
  untold: number;
}

/** What became of each profile's deliveries, since the start. */
export class Tally {
  readonly #counts = new Map<string, Counts>();

  of(profile: string): Counts {
    const known = this.#counts.get(profile);
    if (known !== undefined) return known;
    const fresh = { lost: 0, delivered: 0, untold: 0 };
    this.#counts.set(profile, fresh);
    return fresh;
  }

  delivered(profile: string): void {
    const counts = this.of(profile);
    counts.delivered += 1;
    counts.untold += 1;
  }

  /** Nothing of it waits any more; gives back how many were delivered since this was said last. */
  drained(profile: string): number {
    const counts = this.of(profile);
    const { untold } = counts;
    counts.untold = 0;
    return untold;
  }
}
