import { createLines, LF, MAX_LINE_BYTES } from '../../util/lines.ts';

/** The cost of a line besides its bytes: a time stamp in the file and JSON on stdout, 10 µs for both (measured). */
const LINE_COST = 200;
/** Output passes or is dropped in pieces of this size. */
const SLICE_BYTES = 4096;

/**
 * Beyond this many line ends in a chunk, a plain loop is faster than one indexOf for each (1.3 ns instead of 13,
 * measured).
 */
const MANY_ENDS = 512;

/**
 * A token bucket for one gateway's output, stdout and stderr together: `rate` bytes a second and `burst` at once.
 * Once it is empty, nothing passes until it holds an eighth of a second's worth, since whole passages say more than
 * single lines.
 */
export class OutputRateLimit {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;
  #spent = false;

  /** `now` is in ms. */
  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Spends that cost if the bucket is not empty; false if it is. `now` is in ms. */
  spend(cost: number, now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
    if (this.#tokens >= Math.min(this.#rate / 8, this.#burst)) this.#spent = false;
    if (this.#spent) return false;
    this.#tokens -= cost;
    this.#spent = this.#tokens <= 0;
    return true;
  }
}

export interface LimitedLines {
  /** Returns the cost of what passed. */
  push(chunk: Buffer, now: number): number;
  end(): void;
}

/**
 * Cuts one stream into lines while the budget lasts. Output beyond it is not decoded; its lines are counted by their
 * ends. A line is dropped whole if a part of it was dropped.
 */
export function createLimitedLines(
  budget: Pick<OutputRateLimit, 'spend'>,
  line: (text: string) => void,
  dropped: (lines: number) => void,
): LimitedLines {
  const lines = createLines(line);
  /** The stream is within a line whose beginning was dropped. */
  let isPartlyDropped = false;
  let withoutEnd = 0;

  function drop(chunk: Buffer): void {
    const ends = countEnds(chunk);
    lines.discard();
    isPartlyDropped = chunk.at(-1) !== LF;
    withoutEnd = ends > 0 ? 0 : withoutEnd + chunk.length;
    // A line without an end counts in pieces, as it would have been reported.
    const piece = withoutEnd > MAX_LINE_BYTES ? 1 : 0;
    if (piece === 1) withoutEnd = 0;
    if (ends + piece > 0) dropped(ends + piece);
  }

  return {
    push(chunk, now) {
      let at = 0;
      if (isPartlyDropped) {
        const end = chunk.indexOf(LF);
        at = end === -1 ? chunk.length : end + 1;
        drop(chunk.subarray(0, at));
      }
      let total = 0;
      for (; at < chunk.length; at += SLICE_BYTES) {
        const slice = chunk.subarray(at, at + SLICE_BYTES);
        const cost = slice.length + countEnds(slice) * LINE_COST;
        if (!budget.spend(cost, now)) {
          drop(chunk.subarray(at));
          break;
        }
        lines.push(slice);
        total += cost;
      }
      return total;
    },
    end() {
      if (isPartlyDropped) dropped(1);
      isPartlyDropped = false;
      lines.end();
    },
  };
}

function countEnds(chunk: Buffer): number {
  let count = 0;
  let at = chunk.indexOf(LF);
  while (at !== -1 && count < MANY_ENDS) {
    count += 1;
    at = chunk.indexOf(LF, at + 1);
  }
  if (at === -1) return count;
  for (; at < chunk.length; at += 1) if (chunk[at] === LF) count += 1;
  return count;
}
