import { readJwks, type TokenKey } from '../../../jwks.ts';
import { errorMessage } from '../../../util/errno.ts';
import { keysUrlOf } from './metadata.ts';

export type FetchedKeys =
  | { readonly kind: 'keys'; readonly keys: readonly TokenKey[] }
  /** The keys, or the one with that id, could not be fetched. `retryAfter` in whole seconds. */
  | { readonly kind: 'none'; readonly reason: string; readonly retryAfter: number };

export interface KeyCacheOptions {
  /** Whether the URL serves the issuer's metadata or its keys. */
  readonly how: 'metadata' | 'keys';
  readonly url: string;
  readonly now: () => number;
  /** Must be bounded in time and size. */
  readonly fetch: (url: string) => Promise<string>;
}

/** Ms after which keys are fetched again, so that withdrawn keys are dropped. */
const STALE = 24 * 60 * 60 * 1000;
/** Ms between two fetches for an unknown key id, since anyone can make one up. */
const UNKNOWN = 60 * 1000;
/** Ms between two tries of a failed fetch. */
const RETRY = 5000;

/**
 * One JWK Set, fetched when it is first needed, when a token names an unknown key, and once a day; one fetch at a time.
 * The last keys are used until another fetch succeeds.
 */
export class KeyCache {
  readonly #options: KeyCacheOptions;
  #keys: readonly TokenKey[] | null = null;
  /** Epoch ms of the last fetch's end; -Infinity before the first. */
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Why the last fetch failed; null if it succeeded. */
  #failure: string | null = null;
  #fetching: Promise<void> | null = null;

  constructor(options: KeyCacheOptions) {
    this.#options = options;
  }

  /**
   * All known keys; 'none' if they could not be fetched. If none of the returned keys has the id, it does not exist.
   * Never rejects.
   */
  async find(kid: string | null): Promise<FetchedKeys> {
    const known = this.#keys?.some((key) => kid === null || key.kid === kid) ?? false;
    const now = this.#options.now();
    if (known) {
      // In the background: the request can use the keys that are known.
      if (now - this.#fetchedAt >= STALE && now - this.#triedAt >= UNKNOWN) void this.#refresh();
    } else if (this.#fetching !== null || now - this.#triedAt >= (this.#failure === null ? UNKNOWN : RETRY)) {
      await this.#refresh();
    }
    const keys = this.#keys;
    const isKnownNow = keys?.some((key) => kid === null || key.kid === kid) ?? false;
    if (keys !== null && (isKnownNow || this.#failure === null)) return { kind: 'keys', keys };
    const reason = `its keys cannot be fetched from ${this.#options.url}: ${this.#failure}`;
    return { kind: 'none', reason, retryAfter: RETRY / 1000 };
  }

  /** Resolves when the running fetch has succeeded or failed. */
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
