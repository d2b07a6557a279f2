import type { DoorPort, Snapshot, Target } from '../snapshot.ts';

/** Hands every change to every door, newest last, each version once. */
export class Publisher {
  readonly #targets: () => readonly Target[];
  readonly #doors: DoorPort[] = [];
  #current: Snapshot;
  #delivering = false;
  #changed = false;

  constructor(routes: Snapshot['routes'], targets: () => readonly Target[]) {
    this.#targets = targets;
    this.#current = { version: 1, routes, targets: targets() };
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

  /**
   * A door's answer to a snapshot may change a gateway before the next door has that snapshot; the newer one then
   * waits until every door has the older.
   */
  publish(): void {
    this.#changed = true;
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#changed) {
        this.#changed = false;
        this.#current = { ...this.#current, version: this.#current.version + 1, targets: this.#targets() };
        for (const door of [...this.#doors]) door.apply(this.#current);
      }
    } finally {
      this.#delivering = false;
    }
  }
}
