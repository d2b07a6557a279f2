import { readJwks, type TokenKey } from '../../../jwks.ts';
import { errorMessage } from '../../../util/errno.ts';
import { keysUrlOf } from './metadata.ts';

export type FetchedKeys =
  | { readonly kind: 'keys'; readonly keys: readonly TokenKey[] }
  /** None could be had, or not those of that id. `retryAfter` in whole seconds. */
  | { readonly kind: 'none'; readonly reason: string; readonly retryAfter: number };

export interface KeyCacheOptions {
  /** What stands at the URL. */
  readonly how: 'metadata' | 'keys';
  readonly url: string;
  readonly now: () => number;
  /** Bounded in time and size. */
  readonly fetch: (url: string) => Promise<string>;
}

/** ms after which keys that are of use are fetched again, so that those withdrawn are found out. */
const STALE = 24 * 60 * 60 * 1000;
/** ms between two fetches for a key that is not there: anyone can make up a key id. */
const UNKNOWN = 60 * 1000;
/** ms between two tries of a fetch that failed. */
const RETRY = 5000;

/**
 * One JWK Set that is fetched when it is first needed, again when a token names a key that it lacks, and once a
 * day; one fetch at a time. What was fetched last is used until another fetch succeeds.
 */
export class KeyCache {
  readonly #options: KeyCacheOptions;
  #keys: readonly TokenKey[] | null = null;
  /** Epoch ms of the last fetch's end; -Infinity before the first. */
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Of the last fetch; null where it succeeded. */
  #failure: string | null = null;
  #fetching: Promise<void> | null = null;

  constructor(options: KeyCacheOptions) {
    this.#options = options;
  }

  /** Every key that is known; rejects never. With an id that none of them has, 'keys' says that it is nobody's. */
  async find(kid: string | null): Promise<FetchedKeys> {
    const known = this.#keys?.some((key) => kid === null || key.kid === kid) ?? false;
    const now = this.#options.now();
    if (known) {
      // Behind the request's back: it need not wait for what is of use already.
      if (now - this.#fetchedAt >= STALE && now - this.#triedAt >= UNKNOWN) void this.#refresh();
    } else if (this.#fetching !== null || now - this.#triedAt >= (this.#failure === null ? UNKNOWN : RETRY)) {
      await this.#refresh();
    }
    const keys = this.#keys;
    const isThere = keys?.some((key) => kid === null || key.kid === kid) ?? false;
    if (keys !== null && (isThere || this.#failure === null)) return { kind: 'keys', keys };
    const reason = `its keys cannot be had from ${this.#options.url}: ${this.#failure}`;
    return { kind: 'none', reason, retryAfter: RETRY / 1000 };
  }

  /** Resolves when the fetch that is under way has ended, however it did. */
  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
      this.#triedAt = this.#options.now();
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { how, url, fetch } = this.#options;
    try {
      const from = how === 'keys' ? url : keysUrlOf(await fetch(url));
      const read = readJwks(await fetch(from));
      if (!read.ok) throw new Error(`${from} ${read.reason}`);
      this.#keys = read.keys;
      this.#fetchedAt = this.#options.now();
      this.#failure = null;
    } catch (error) {
      this.#failure = errorMessage(error);
    }
  }
}
