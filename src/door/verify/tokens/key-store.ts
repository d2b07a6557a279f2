import type { TokenRules } from '../../../config/types.ts';
import { type FetchText, fetchText } from './fetch-text.ts';
import { type FetchedKeys, KeyCache } from './key-cache.ts';

/** Key sets that are cached, across reloads; beyond it the oldest is dropped. */
const MOST = 64;

/**
 * The keys of every issuer that a profile's rules trust. It outlives the rules, so that a reload need not fetch again.
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

  /** The keys that may verify a token with that key id, from where the rules or the issuer's metadata say. */
  find(keys: TokenRules['keys'], metadata: string, kid: string | null): FetchedKeys | Promise<FetchedKeys> {
    if (keys.kind === 'file') return { kind: 'keys', keys: keys.keys };
    const [how, url] =
      keys.kind === 'url' ? (['keys', keys.url] as const) : (['metadata', metadata] as const);
    // A URL of the config or of Microsoft, never one from a token: there are few.
    const cache =
      this.#caches.get(url) ??
      new KeyCache({ how, url, now: this.#now, fetch: (from) => this.#fetch(from, this.#closed.signal) });
    this.#caches.set(url, cache);
    const [oldest] = this.#caches.keys();
    if (this.#caches.size > MOST && oldest !== undefined) this.#caches.delete(oldest);
    return cache.find(kid);
  }

  /** Aborts running fetches; later ones fail. */
  close(): void {
    this.#closed.abort();
  }
}
