/** Let go at first to a gateway that has just become ready, which would choke on all of them. */
export const FIRST_ROUND = 8;
const LARGEST_ROUND = 64;

/** How many go next, where so many of those that went were answered: twice as many while the gateway keeps up. */
export function nextRoundSize(size: number, answered: number): number {
  return Math.min(size + answered, LARGEST_ROUND);
}

/** A request that waited is under way. */
export interface Turn {
  /** It is no longer. Only the first call counts. */
  end(answered: boolean): void;
}

/** Of who went when nobody had to wait for it to end. */
export const unpacedTurn: Turn = { end: () => {} };

/**
 * Those that are let go together. The next ones wait until each of them has ended, since a gateway takes in what
 * comes on a connection that stands before it accepts another one: they would overtake these.
 */
export class ReleaseRound {
  readonly #onEnd: (answered: number) => void;
  #open: number;
  #answered = 0;
  #isOver = false;

  /** `over` is called once, with how many were answered. */
  constructor(size: number, onEnd: (answered: number) => void) {
    this.#open = size;
    this.#onEnd = onEnd;
  }

  /** One for each of them. */
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

  /** Over now, whoever is still under way. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(this.#answered);
  }
}
