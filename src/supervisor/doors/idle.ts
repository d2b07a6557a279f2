interface Use {
  readonly inFlight: number;
  /** Epoch ms. */
  readonly lastUsed: number;
}

interface Uses {
  readonly generation: number;
  /** By door. */
  readonly doors: Map<string, Use>;
}

/** The doors' reports on gateways that are stopped when idle. Bounded by doors × profiles. */
export class IdleReports {
  readonly #doorIds: () => readonly string[];
  /** By profile, for the generation that a door reported last. */
  readonly #uses = new Map<string, Uses>();

  constructor(doorIds: () => readonly string[]) {
    this.#doorIds = doorIds;
  }

  /**
   * Records a door's report. True if now every door has reported that generation, none has a request in flight, and
   * none has used it for `timeout` ms. `now` is epoch ms.
   */
  record(
    doorId: string,
    load: {
      readonly profile: string;
      readonly generation: number;
      readonly inFlight: number;
      readonly lastUsed: number;
    },
    timeout: number,
    now: number,
  ): boolean {
    const { profile, generation, inFlight, lastUsed } = load;
    const doorIds = this.#doorIds();
    if (!doorIds.includes(doorId)) return false;
    let uses = this.#uses.get(profile);
    // A late report on an older generation delays the stop by one `timeout` at most.
    if (uses?.generation !== generation) {
      uses = { generation, doors: new Map() };
      this.#uses.set(profile, uses);
    }
    const { doors } = uses;
    doors.set(doorId, { inFlight, lastUsed });
    return doorIds.every((id) => {
      const use = doors.get(id);
      return use !== undefined && use.inFlight === 0 && use.lastUsed + timeout <= now;
    });
  }

  /** The profile was removed from the config. */
  forget(profile: string): void {
    this.#uses.delete(profile);
  }
}
