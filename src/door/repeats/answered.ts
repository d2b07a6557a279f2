interface Answer {
  readonly status: number;
  /** Epoch ms. */
  readonly until: number;
}

/**
 * The statuses of recently answered deliveries, each until it expires; at most `most`, of which the oldest is evicted
 * first.
 */
export class AnsweredCache {
  readonly #most: number;
  readonly #answers = new Map<string, Answer>();
  /**
   * One iterator for the life of the map, so that each eviction is O(1): a new one would walk over the entries that
   * were deleted before it. It never ends, since the newest entry is always ahead of it.
   */
  readonly #oldestFirst = this.#answers.keys();

  constructor(most: number) {
    this.#most = most;
  }

  /** The status; undefined if the key is unknown or its time is over. `now` is epoch ms. */
  get(key: string, now: number): number | undefined {
    const answer = this.#answers.get(key);
    return answer !== undefined && now < answer.until ? answer.status : undefined;
  }

  /** Remembers the key as the newest; a status known for it before is replaced. */
  set(key: string, status: number, until: number): void {
    this.#answers.delete(key);
    this.#answers.set(key, { status, until });
    if (this.#answers.size <= this.#most) return;
    const oldest = this.#oldestFirst.next();
    if (oldest.done !== true) this.#answers.delete(oldest.value);
  }
}
