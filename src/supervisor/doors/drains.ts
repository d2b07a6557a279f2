interface Drain {
  readonly generation: number;
  /** The version of the first snapshot that does not route to it. */
  readonly version: number;
  readonly drained: () => void;
}

interface Load {
  readonly generation: number;
  readonly inFlight: number;
}

/**
 * Notices when a generation is drained: every door has applied a snapshot that does not route to it, and holds no
 * lease on it. Bounded by doors × profiles.
 */
export class Drains {
  readonly #doorIds: () => readonly string[];
  readonly #applied = new Map<string, number>();
  /** By door, then by profile: the load of the newest generation that it reported. */
  readonly #loads = new Map<string, Map<string, Load>>();
  /** By profile: one gateway drains one generation at a time. */
  readonly #drains = new Map<string, Drain>();

  constructor(doorIds: () => readonly string[]) {
    this.#doorIds = doorIds;
  }

  /** Calls `drained` once the generation is drained, at once if it is. A profile's newer drain replaces the older. */
  wait(profile: string, drain: Drain): void {
    this.#drains.set(profile, drain);
    this.#check(profile);
  }

  applied(doorId: string, version: number): void {
    if (!this.#doorIds().includes(doorId) || version <= (this.#applied.get(doorId) ?? 0)) return;
    this.#applied.set(doorId, version);
    for (const profile of [...this.#drains.keys()]) this.#check(profile);
  }

  load(doorId: string, profile: string, generation: number, inFlight: number): void {
    if (!this.#doorIds().includes(doorId)) return;
    const loads = this.#loads.get(doorId) ?? new Map<string, Load>();
    this.#loads.set(doorId, loads);
    if (generation < (loads.get(profile)?.generation ?? 0)) return;
    loads.set(profile, { generation, inFlight });
    this.#check(profile);
  }

  /** The profile was removed from the config. */
  forget(profile: string): void {
    this.#drains.delete(profile);
    for (const loads of this.#loads.values()) loads.delete(profile);
  }

  #check(profile: string): void {
    const drain = this.#drains.get(profile);
    if (drain === undefined) return;
    const busy = this.#doorIds().some((id) => {
      if ((this.#applied.get(id) ?? 0) < drain.version) return true;
      const load = this.#loads.get(id)?.get(profile);
      return load !== undefined && load.generation === drain.generation && load.inFlight > 0;
    });
    if (busy) return;
    this.#drains.delete(profile);
    drain.drained();
  }
}
