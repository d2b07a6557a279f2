import { createLines, LF, MAX_LINE_BYTES } from '../../util/lines.ts';

/** What a line costs beside its bytes: its stamp in the file, JSON around it on stdout, 10 µs for both (measured). */
const LINE_COST = 200;
/** So much is let through or left out as one. */
const SLICE_BYTES = 4096;

/** Past so many in a chunk of 64 KiB a plain loop is quicker than one indexOf a line (1.3 against 13 ns, measured). */
const MANY_ENDS = 512;

/**
 * How much one gateway's output may be, stdout and stderr together: `rate` a second, in bytes as they are written on, and
 * `burst` at once. Once that is used up nothing is let through until an eighth of a second's worth has come together:
 * stretches tell more than shreds.
 */
export class OutputRateLimit {
  readonly #rate: number;
  readonly #burst: number;
  #left: number;
  #at: number;
  #spent = false;

  /** `now` in ms. */
  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  spend(cost: number, now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
    if (this.#left >= Math.min(this.#rate / 8, this.#burst)) this.#spent = false;
    if (this.#spent) return false;
    this.#left -= cost;
    this.#spent = this.#left <= 0;
    return true;
  }
}

export interface LimitedLines {
  /** Returns the cost of what it let through. */
  push(chunk: Buffer, now: number): number;
  end(): void;
}

/**
 * Cuts one stream into lines while the budget lasts. What comes beyond it is neither decoded nor kept: its lines are
 * counted by their ends. A line of which a part was left out is left out whole, so that no half of one is ever told.
 */
export function createLimitedLines(
  budget: Pick<OutputRateLimit, 'spend'>,
  line: (text: string) => void,
  dropped: (lines: number) => void,
): LimitedLines {
  const lines = createLines(line);
  /** Within a line whose beginning was left out. */
  let within = false;
  let unended = 0;

  function leaveOut(chunk: Buffer): void {
    const ends = countEnds(chunk);
    lines.discard();
    within = chunk.at(-1) !== LF;
    unended = ends > 0 ? 0 : unended + chunk.length;
    // As it would have come: a line without an end in pieces.
    const piece = unended > MAX_LINE_BYTES ? 1 : 0;
    if (piece === 1) unended = 0;
    if (ends + piece > 0) dropped(ends + piece);
  }

  return {
    push(chunk, now) {
      let at = 0;
      if (within) {
        const end = chunk.indexOf(LF);
        at = end === -1 ? chunk.length : end + 1;
        leaveOut(chunk.subarray(0, at));
      }
      let total = 0;
      for (; at < chunk.length; at += SLICE_BYTES) {
        const slice = chunk.subarray(at, at + SLICE_BYTES);
        const cost = slice.length + countEnds(slice) * LINE_COST;
        if (!budget.spend(cost, now)) {
          leaveOut(chunk.subarray(at));
          break;
        }
        lines.push(slice);
        total += cost;
      }
      return total;
    },
    end() {
      if (within) dropped(1);
      within = false;
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
