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

/** What doors told of the gateways that are stopped when idle. Bounded by doors × profiles. */
export class IdleReports {
  readonly #doorIds: () => readonly string[];
  /** By profile: the generation that a door last told of. */
  readonly #uses = new Map<string, Uses>();

  constructor(doorIds: () => readonly string[]) {
    this.#doorIds = doorIds;
  }

  /**
   * Whether by this report no door has used that generation for `timeout` ms: each told of it, and none has a
   * request in flight. `now` is epoch ms.
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
    // What a door still says of an older life costs a period at most.
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

  /** That profile is no more. */
  forget(profile: string): void {
    this.#uses.delete(profile);
  }
}
