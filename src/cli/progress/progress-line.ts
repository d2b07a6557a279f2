import { visible } from '../../util/visible.ts';

/** The part of a terminal's stream that the progress line needs. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const ERASE_LINE = '\r\x1b[K';

/** One line of progress that is rewritten in place on a terminal. Without a terminal it writes nothing. */
export class ProgressLine {
  readonly #stream: TerminalStream;
  #shown = '';

  constructor(stream: TerminalStream = process.stderr) {
    this.#stream = stream;
  }

  get isShown(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Replaces the line. The text is cut to the terminal's width, since a wrapped line cannot be erased. */
  update(text: string): void {
    // A terminal may say that it has 0 columns.
    const columns = this.#stream.columns || 80;
    const line = [...visible(text)].slice(0, Math.max(1, columns - 1)).join('');
    if (!this.isShown || line === this.#shown) return;
    this.#shown = line;
    this.#stream.write(ERASE_LINE + line);
  }

  /** Erases the line, so that other output starts at its beginning; the next update shows it again. */
  clear(): void {
    if (this.#shown === '') return;
    this.#shown = '';
    this.#stream.write(ERASE_LINE);
  }

  /** Replaces the line by text that stays, in full. */
  finish(text: string): void {
    this.clear();
    if (this.isShown) this.#stream.write(`${visible(text)}\n`);
  }
}
