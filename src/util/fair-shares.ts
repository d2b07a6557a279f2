/**
 * A limit that many share so that none of them can use it up. Each may use at most `weight` times what is still free:
 * dynamic thresholds, as switches share their buffers (Choudhury and Hahne, "Dynamic queue length thresholds for
 * shared-memory packet switches", IEEE/ACM ToN 6:2, 1998). Alone, one gets weight/(1+weight) of the limit; n of them get
 * weight/(1+n*weight) each, and 1/(1+n*weight) stays free for the next. Who uses nothing yet gets whatever fits. Nothing
 * here awaits, so that `fits` and then `acquire` is atomic.
 */
export class FairShares {
  readonly #limit: () => number;
  readonly #shares = new Map<string, Share>();
  #total = 0;

  /** A function, since a reload may change the limit; what is in use already stays in use. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** What all use together. */
  get used(): number {
    return this.#total;
  }

  usedBy(key: string): number {
    return this.#shares.get(key)?.used ?? 0;
  }

  fits(key: string, weight: number, amount = 1): boolean {
    const free = this.#limit() - this.#total;
    const used = this.usedBy(key);
    return amount <= free && (used === 0 || used + amount <= weight * free);
  }

  /** Acquires even beyond the limit: for what was checked with `fits`, or exists already. */
  acquire(key: string, amount = 1): void {
    const share = this.#shares.get(key) ?? this.#newShare(key);
    share.used += amount;
    this.#total += amount;
  }

  release(key: string, amount = 1): void {
    const share = this.#shares.get(key) ?? this.#newShare(key);
    share.used -= amount;
    this.#total -= amount;
  }

  /** Shares without use stay for the next time; many are dropped at once, so that none costs a search. */
  #newShare(key: string): Share {
    if (this.#shares.size >= MAX_UNUSED) {
      for (const [other, { used }] of this.#shares) if (used <= 0) this.#shares.delete(other);
    }
    const share = { used: 0 };
    this.#shares.set(key, share);
    return share;
  }
}

interface Share {
  used: number;
}

/** Keys from which on those without use are dropped. */
const MAX_UNUSED = 1000;
