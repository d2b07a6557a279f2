import { stripVTControlCharacters } from 'node:util';
import { classify, type Expectation, type LineKind } from './classify.ts';

/** How many of the last lines may hold the error; continuation lines are not counted. */
const SEARCHED_LINES = 10;
/** An error that is older than the last line by more ms did not end the program. */
const SEARCHED_TIME = 5000;
/** Characters remembered of a line: a logger's JSON with a stack is long. */
export const REMEMBERED_LENGTH = 4000;

/** The time in front of a logger's line; the log files have one of their own. */
const TIME_STAMP =
  /^[[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ,]{1,2})?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\])]?[:,]? ?/;

/** The frame that Python draws around the tracebacks of an exception group. */
const FRAME = /^ {2,40}[|+] /;

/** A line that was written, without its time stamp. `at` is in ms. */
export interface TailLine {
  readonly text: string;
  readonly at: number;
  readonly kind: LineKind;
}

/** The end of one output stream of a process, in bounded memory. */
export class StreamTail {
  /** Without continuation lines. */
  #lines: readonly TailLine[] = [];
  /** For a stream that has no other line. */
  #continuation: TailLine | null = null;
  #expected: Expectation = 'nothing';
  #isComplete = true;

  /** `at` is in ms and never goes back. */
  push(written: string, at: number): void {
    // A progress bar writes one line over and over: a terminal shows the last of them.
    const line = written.includes('\r') ? lastPart(written) : written;
    // A slice would keep the whole long line in memory.
    const kept =
      line.length > REMEMBERED_LENGTH ? Buffer.from(line.slice(0, REMEMBERED_LENGTH)).toString() : line;
    const text = stripVTControlCharacters(kept).replace(TIME_STAMP, '').replace(FRAME, '');
    const { kind, next } = classify(text, this.#expected);
    const isMessage = this.#expected === 'message' && kind === 'uncaught';
    this.#expected = next;
    if (text.trim() === '') return;
    if (kind === 'continuation') this.#continuation = { text, at, kind };
    else if (isMessage) this.#append({ text: `${this.#lines.at(-1)?.text ?? ''} ${text}`, at, kind }, 1);
    else this.#append({ text, at, kind }, 0);
  }

  /** Lines are missing here: those before them are not the last that the process wrote. */
  clear(): void {
    this.#lines = [];
    this.#continuation = null;
    this.#expected = 'nothing';
    this.#isComplete = false;
  }

  /** Whether the process has written nothing to it, as far as that is known. */
  get isSilent(): boolean {
    return this.#isComplete && this.lastLine === null;
  }

  /**
   * The line among the last that most likely says why the process ended: the last uncaught exception, else the first
   * line that reports an error. Null if there is none.
   */
  get errorLine(): TailLine | null {
    const since = (this.lastLine?.at ?? 0) - SEARCHED_TIME;
    const recent = this.#lines.filter(({ at }) => at >= since);
    const uncaught = recent.findLast(({ kind }) => kind === 'uncaught');
    return uncaught ?? recent.find(({ kind }) => kind === 'error') ?? null;
  }

  /** The last line that is no continuation, else the last one; null if there is none. */
  get lastLine(): TailLine | null {
    return this.#lines.at(-1) ?? this.#continuation;
  }

  /** Appends the line in place of the last `replaced` ones. */
  #append(line: TailLine, replaced: number): void {
    this.#lines = [...this.#lines.slice(0, this.#lines.length - replaced), line].slice(-SEARCHED_LINES);
  }
}

function lastPart(written: string): string {
  return written.split('\r').findLast((part) => part.trim() !== '') ?? '';
}
