export type Timer = NodeJS.Timeout;

/** The longest delay of a Node timer in ms; a longer one fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** ms that a timer may be late on a machine that is merely busy. */
export const MOST_LATE = 1000;

/** The timers of one door, so that none is left when it closes. */
export class Timers {
  readonly #pending = new Set<Timer>();
  #closed = false;

  /** Runs once after `ms` (at least 0), unless cancelled or closed. */
  after(ms: number, run: () => void): Timer {
    const timer = setTimeout(
      () => {
        this.#pending.delete(timer);
        run();
      },
      Math.max(0, ms),
    );
    if (this.#closed) clearTimeout(timer);
    else this.#pending.add(timer);
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

  /** Cancels all timers; none that is begun later runs, so that an answer that breaks off last leaves none behind. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
