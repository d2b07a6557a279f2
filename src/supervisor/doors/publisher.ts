import type { DoorPort, Snapshot, Target } from '../../snapshot.ts';

/** Hands every change to every door, newest last, each version once. */
export class Publisher {
  /** Those of the next snapshot. */
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

  /** The version that carries everything published so far. */
  get version(): number {
    return this.#changed ? this.#current.version + 1 : this.#current.version;
  }

  get doorIds(): readonly string[] {
    return this.#doors.map((door) => door.id);
  }

  addDoor(door: DoorPort): void {
    this.#doors.push(door);
    door.apply(this.#current);
  }

  /** Everything that changes in the meantime reaches the doors as one snapshot. */
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
   * A door's answer to a snapshot may change a gateway before the next door has that snapshot; the newer one then
   * waits until every door has the older.
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
