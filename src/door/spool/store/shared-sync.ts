/**
 * One sync for all who ask at once (group commit): whoever asks while one is under way shares the next one with
 * all others who do, since the one under way may not see what was done a moment ago.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves after a sync that began after this call. Rejects as that one does. */
  request(): Promise<void> {
    if (this.#next !== null) return this.#next;
    if (this.#running === null) return this.#begin();
    const begin = (): Promise<void> => {
      this.#next = null;
      return this.#begin();
    };
    // Its failure is told to those who wait for it.
    this.#next = this.#running.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<void> {
    const running = this.#sync().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
