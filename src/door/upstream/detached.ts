/**
 * So many at once go on although their clients left: clients are bounded by their connections, and these no longer
 * are. Each ends at the latest when its gateway's answer is overdue.
 */
const MOST = 100;

/** Requests whose clients left, and whose answers their repeats will want to hear of. */
export class DetachedRequests {
  readonly #most: number;
  #count = 0;

  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** False where there is no room; then nothing is taken. */
  take(): boolean {
    if (this.#count >= this.#most) return false;
    this.#count += 1;
    return true;
  }

  give(): void {
    this.#count -= 1;
  }
}
