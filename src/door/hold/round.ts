/** Requests in the first round after a gateway becomes ready. Releasing all of them at once would overload it. */
export const FIRST_ROUND = 8;
const LARGEST_ROUND = 64;

/**
 * The size of the next round: it grows by the number of answered requests, so it doubles while the gateway keeps up.
 */
export function nextRoundSize(size: number, answered: number): number {
  return Math.min(size + answered, LARGEST_ROUND);
}

/** A released request's slot in its round, occupied until the request is answered or has failed. */
export interface RoundSlot {
  /** Frees the slot. Only the first call counts. */
  end(answered: boolean): void;
}

/** The slot of a request that belongs to no round. */
export const unpacedSlot: RoundSlot = { end: () => {} };

/**
 * Held requests that are released together. The next round begins when all of them have ended, since a gateway reads
 * open connections before it accepts new ones and would serve later requests first.
 */
export class ReleaseRound {
  readonly #onEnd: (answered: number) => void;
  #open: number;
  #answered = 0;
  #isOver = false;

  /** `onEnd` is called once, with how many were answered. */
  constructor(size: number, onEnd: (answered: number) => void) {
    this.#open = size;
    this.#onEnd = onEnd;
  }

  /** Must be called once for each request of the round. */
  newSlot(): RoundSlot {
    let ended = false;
    return {
      end: (answered) => {
        if (ended) return;
        ended = true;
        this.#open -= 1;
        if (answered) this.#answered += 1;
        if (this.#open === 0) this.end();
      },
    };
  }

  /** Ends the round now, even if some of its requests are in flight. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(this.#answered);
  }
}
