/** How long a key must be: of each character one byte counts. */
const KEY_BYTES = 16;
const WORDS = KEY_BYTES / 4;
const NONE = -1;

/**
 * The status that was told of keys lately, each until its time; of more than `most` the oldest is forgotten first. Keys
 * are digests, of which 16 bytes are kept.
 *
 * In typed arrays, since nearly every request leaves an entry: as objects in a Map they outlive every young collection,
 * and to take a Map's first again and again walks over all that was deleted before it.
 */
export class AnsweredCache {
  readonly #most: number;
  /** Four words of each key, by place. */
  readonly #keys: Uint32Array;
  /** By place; 0: it is free. */
  readonly #statuses: Uint16Array;
  /** Epoch ms. */
  readonly #until: Float64Array;
  /** By the key's first word: the place of a key, and from there on those of others with the same. */
  readonly #first: Int32Array;
  readonly #following: Int32Array;
  #next = 0;

  constructor(most: number) {
    this.#most = most;
    this.#keys = new Uint32Array(most * WORDS);
    this.#statuses = new Uint16Array(most);
    this.#until = new Float64Array(most);
    this.#first = new Int32Array(2 ** Math.ceil(Math.log2(most * 2))).fill(NONE);
    this.#following = new Int32Array(most).fill(NONE);
  }

  /** Undefined from its time on. `now` is epoch ms. */
  get(key: string, now: number): number | undefined {
    const place = this.#find(key);
    return place !== NONE && now < (this.#until[place] ?? 0) ? this.#statuses[place] : undefined;
  }

  /** It is the newest; what was told of that key before is forgotten. */
  set(key: string, status: number, until: number): void {
    const known = this.#find(key);
    if (known !== NONE) this.#free(known);
    const place = this.#take(key);
    this.#statuses[place] = status;
    this.#until[place] = until;
  }

  #find(key: string): number {
    const [a, b, c, d] = [word(key, 0), word(key, 4), word(key, 8), word(key, 12)];
    const keys = this.#keys;
    for (let place = this.#head(a); place !== NONE; place = this.#following[place] ?? NONE) {
      const at = place * WORDS;
      if (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d) return place;
    }
    return NONE;
  }

  /** The oldest's place, or one that was never used. */
  #take(key: string): number {
    const place = this.#next;
    this.#next = (place + 1) % this.#most;
    if (this.#statuses[place] !== 0) this.#free(place);
    for (let index = 0; index < WORDS; index += 1) this.#keys[place * WORDS + index] = word(key, index * 4);
    const bucket = this.#bucket(word(key, 0));
    this.#following[place] = this.#first[bucket] ?? NONE;
    this.#first[bucket] = place;
    return place;
  }

  #free(place: number): void {
    this.#statuses[place] = 0;
    const bucket = this.#bucket(this.#keys[place * WORDS] ?? 0);
    const after = this.#following[place] ?? NONE;
    if (this.#first[bucket] === place) {
      this.#first[bucket] = after;
      return;
    }
    let before = this.#first[bucket] ?? NONE;
    while (before !== NONE && this.#following[before] !== place) before = this.#following[before] ?? NONE;
    if (before !== NONE) this.#following[before] = after;
  }

  #head(firstWord: number): number {
    return this.#first[this.#bucket(firstWord)] ?? NONE;
  }

  #bucket(firstWord: number): number {
    return firstWord & (this.#first.length - 1);
  }
}

function word(key: string, at: number): number {
  return (
    (key.charCodeAt(at) |
      (key.charCodeAt(at + 1) << 8) |
      (key.charCodeAt(at + 2) << 16) |
      (key.charCodeAt(at + 3) << 24)) >>>
    0
  );
}
