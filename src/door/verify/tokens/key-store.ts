import type { TokenRules } from '../../../config/types.ts';
import { type FetchText, fetchText } from './fetch-text.ts';
import { type FetchedKeys, KeyCache } from './key-cache.ts';

/** Those of a config's issuers and of the configs before it; past it the oldest is forgotten. */
const MOST = 64;

/**
 * The keys of every issuer that a profile's rules trust. It outlives the rules: what it has fetched is of use to
 * the next ones.
 */
export class KeyStore {
  readonly #now: () => number;
  readonly #fetch: FetchText;
  readonly #caches = new Map<string, KeyCache>();
  readonly #closed = new AbortController();

  /** `now` in epoch ms. */
  constructor(now: () => number, fetch: FetchText = fetchText) {
    this.#now = now;
    this.#fetch = fetch;
  }

  /** Those that a token with that key id may be verified with, by the rules and the issuer's metadata. */
  find(keys: TokenRules['keys'], metadata: string, kid: string | null): FetchedKeys | Promise<FetchedKeys> {
    if (keys.kind === 'file') return { kind: 'keys', keys: keys.keys };
    const [how, url] =
      keys.kind === 'url' ? (['keys', keys.url] as const) : (['metadata', metadata] as const);
    // One of the config's issuers or one of Microsoft's, never what a token says: so there are few.
    const cache =
      this.#caches.get(url) ??
      new KeyCache({ how, url, now: this.#now, fetch: (from) => this.#fetch(from, this.#closed.signal) });
    this.#caches.set(url, cache);
    const [oldest] = this.#caches.keys();
    if (this.#caches.size > MOST && oldest !== undefined) this.#caches.delete(oldest);
    return cache.find(kid);
  }

  /** Ends what is under way; nothing is fetched after it. */
  close(): void {
    this.#closed.abort();
  }
}
