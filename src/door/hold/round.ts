/** Requests in the first round to a gateway that has just become ready: all at once would overload it. */
export const FIRST_ROUND = 8;
const LARGEST_ROUND = 64;

/** How many to release next, after a round with that many answers: twice as many while the gateway keeps up. */
export function nextRoundSize(size: number, answered: number): number {
  return Math.min(size + answered, LARGEST_ROUND);
}

/** The turn of a released request, which lasts until it is answered or failed. */
export interface Turn {
  /** Ends the turn. Only the first call counts. */
  end(answered: boolean): void;
}

/** The turn of a request that no round waits for. */
export const unpacedTurn: Turn = { end: () => {} };

/**
 * The requests that are released together. The next ones wait until each of them has ended: a gateway reads from open
 * connections before it accepts new ones, so that later requests would overtake these.
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
  newTurn(): Turn {
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

  /** Ends the round now, even if requests of it are in flight. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(this.#answered);
  }
}
