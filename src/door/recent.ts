interface Entry<V> {
  readonly value: V;
  /** Epoch ms. */
  readonly until: number;
  readonly place: number;
}

/**
 * What was told of keys lately, each until its time; of more than `most` the oldest is forgotten first. A ring beside
 * the map: to take the first of a Map again and again means to walk over all that was deleted before it (5 µs, measured).
 */
export class Recent<V> {
  readonly #most: number;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #ring: string[] = [];
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined from its time on. `now` is epoch ms. */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now < entry.until ? entry.value : undefined;
  }

  /** What was told of that key before is forgotten. */
  set(key: string, value: V, until: number): void {
    const place = this.#next;
    this.#next = (place + 1) % this.#most;
    const oldest = this.#ring[place];
    // Told of again since, it has another place.
    if (oldest !== undefined && this.#entries.get(oldest)?.place === place) this.#entries.delete(oldest);
    this.#ring[place] = key;
    this.#entries.set(key, { value, until, place });
  }
}
