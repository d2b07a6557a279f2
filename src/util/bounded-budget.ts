/**
 * A limit on what may be in use at once: bytes of memory, waiting requests, records on disk. Nothing here awaits, so
 * asking several budgets with `fits` and then acquiring from each is atomic.
 */
export class BoundedBudget {
  readonly #limit: number | (() => number);
  #used = 0;

  /** Pass a function if a reload may change the limit; what is in use already stays in use. */
  constructor(limit: number | (() => number)) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  fits(amount = 1): boolean {
    const limit = typeof this.#limit === 'number' ? this.#limit : this.#limit();
    return this.#used + amount <= limit;
  }

  /** Acquires the whole amount; false, and nothing is acquired, if it would exceed the limit. */
  tryAcquire(amount = 1): boolean {
    if (!this.fits(amount)) return false;
    this.#used += amount;
    return true;
  }

  /** Acquires even beyond the limit: for what exists already, or was checked with `fits`. */
  acquire(amount = 1): void {
    this.#used += amount;
  }

  release(amount = 1): void {
    this.#used -= amount;
  }
}
