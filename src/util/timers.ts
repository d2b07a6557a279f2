export type Timer = NodeJS.Timeout;

/** The longest delay of a Node timer in ms; a longer one fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** The timers of one door, so that none is left when it closes. */
export class Timers {
  readonly #pending = new Set<Timer>();

  /** Runs once after `ms` (at least 0), unless cancelled. */
  after(ms: number, run: () => void): Timer {
    const timer = setTimeout(
      () => {
        this.#pending.delete(timer);
        run();
      },
      Math.max(0, ms),
    );
    this.#pending.add(timer);
    return timer;
  }

  cancel(timer: Timer | null): void {
    if (timer === null) return;
    clearTimeout(timer);
    this.#pending.delete(timer);
  }

  get size(): number {
    return this.#pending.size;
  }

  clear(): void {
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
