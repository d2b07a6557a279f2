/** Enough samples for a steady 95th percentile, and few enough to follow a gateway that becomes slower. */
const SAMPLES = 64;

/** The times of a gateway's recent answers, in ms. */
export class Latency {
  readonly #recent = new Float64Array(SAMPLES);
  #count = 0;

  record(ms: number): void {
    this.#recent[this.#count % SAMPLES] = ms;
    this.#count += 1;
  }

  /** The 95th percentile (nearest rank) of the recent answers; null before the first. */
  p95(): number | null {
    const size = Math.min(this.#count, SAMPLES);
    if (size === 0) return null;
    const sorted = this.#recent.slice(0, size).sort();
    return sorted[Math.ceil(size * 0.95) - 1] ?? null;
  }
}
