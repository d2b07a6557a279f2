import type { DoorPort, Snapshot, Target } from '../../snapshot.ts';

/** Publishes snapshots: every door applies every version once, in order. */
export class Publisher {
  /** The routes of the next snapshot. */
  routes: Snapshot['routes'];
  rules: Snapshot['rules'];
  readonly #targets: () => readonly Target[];
  readonly #doors: DoorPort[] = [];
  #current: Snapshot;
  #delivering = false;
  #changed = false;
  #collecting = false;

  constructor(routes: Snapshot['routes'], rules: Snapshot['rules'], targets: () => readonly Target[]) {
    this.#targets = targets;
    this.routes = routes;
    this.rules = rules;
    this.#current = { version: 1, routes, rules, targets: targets() };
  }

  /** The version of the first snapshot with every change published so far. */
  get version(): number {
    return this.#changed ? this.#current.version + 1 : this.#current.version;
  }

  get doorIds(): readonly string[] {
    return this.#doors.map((door) => door.id);
  }

  /** The door applies the current snapshot before this returns. */
  addDoor(door: DoorPort): void {
    this.#doors.push(door);
    door.apply(this.#current);
  }

  /** Publishes all that `change` changes as one snapshot. */
  batch(change: () => void): void {
    this.#changed = true;
    this.#collecting = true;
    try {
      change();
    } finally {
      this.#collecting = false;
    }
    this.publish();
  }

  /**
   * Publishes the gateways as they are now. A door's answer to a snapshot may change a gateway before the next door has
   * applied that snapshot: the newer one then waits until every door has the older.
   */
  publish(): void {
    this.#changed = true;
    if (this.#delivering || this.#collecting) return;
    this.#delivering = true;
    try {
      while (this.#changed) {
        this.#changed = false;
        const version = this.#current.version + 1;
        this.#current = { version, routes: this.routes, rules: this.rules, targets: this.#targets() };
        for (const door of [...this.#doors]) door.apply(this.#current);
      }
    } finally {
      this.#delivering = false;
    }
  }
}
