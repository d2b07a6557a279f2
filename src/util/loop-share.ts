/**
 * Steps that one request may take before it lets others go on. A step is what one byte of JSON costs at worst, about 10
 * ns (`npm run bench:bodies`), so that a slice is well below a millisecond.
 */
export const SLICE = 64 * 1024;

/** Steps in each turn of the event loop that are kept for work of one slice or less: a usual request does not queue. */
const RESERVED = 64 * 1024;

const PER_TURN = SLICE + RESERVED;

interface Waiting {
  readonly steps: number;
  readonly resume: () => void;
}

/**
 * Divides the event loop among the requests whose bodies are read, parsed or hashed: all together take a bounded number
 * of steps in each turn of the loop, whoever needs more waits for a later turn, and those that wait take turns. So the
 * longest body delays all others, connections and timers included, by one slice at a time.
 */
export class LoopShare {
  #left = PER_TURN;
  #isArmed = false;
  readonly #waiting: Waiting[] = [];

  /** Null if that many steps (at most `SLICE`) may be taken now; else resolves in the turn in which they may. */
  take(steps: number): Promise<void> | null {
    this.#arm();
    if (steps <= this.#left && (this.#waiting.length === 0 || steps < SLICE)) {
      this.#left -= steps;
      return null;
    }
    return new Promise((resume) => {
      this.#waiting.push({ steps, resume });
    });
  }

  /** At the end of each turn in which steps were taken. */
  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#isArmed = false;
    this.#left = PER_TURN;
    if (this.#waiting.length === 0) return;
    this.#arm();
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#left - first.steps < RESERVED) return;
      this.#left -= first.steps;
      this.#waiting.shift();
      first.resume();
    }
  };
}

/** The one for this process, which has one event loop. */
export const processLoop = new LoopShare();

/**
 * Does work of about `size` steps in slices: `slice` does at most that many steps of it and returns null while there is
 * more to do. Returns synchronously if the work fits into this turn of the loop.
 */
export function inSlices<Result>(
  share: LoopShare,
  size: number,
  slice: (steps: number) => Result | null,
): Result | Promise<Result> {
  const turn = share.take(Math.min(size, SLICE));
  if (turn !== null || size > SLICE) return overTurns(share, turn, slice);
  for (;;) {
    const result = slice(SLICE);
    if (result !== null) return result;
  }
}

async function overTurns<Result>(
  share: LoopShare,
  first: Promise<void> | null,
  slice: (steps: number) => Result | null,
): Promise<Result> {
  for (let turn = first; ; turn = share.take(SLICE)) {
    if (turn !== null) await turn;
    const result = slice(SLICE);
    if (result !== null) return result;
  }
}
