import { shownLine } from './shown-line.ts';
import { StreamTail, type TailLine } from './stream-tail.ts';

/** ms by which an error on stdout must be later than the one on stderr to count instead of it. */
const LATER = 5000;

/** What a process wrote last, for the operator. */
export type LastWords =
  /** A line that reports an error. */
  | { readonly kind: 'error'; readonly line: string }
  /** The last line, which reports none. */
  | { readonly kind: 'line'; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  /** It has written nothing. */
  | { readonly kind: 'silence' }
  /** Its last lines came too fast to be read. */
  | { readonly kind: 'unknown' };

/** The end of what one process wrote: of stderr, and of stdout, where many bots log as well. */
export class OutputTail {
  readonly #streams = { stdout: new StreamTail(), stderr: new StreamTail() };

  /** `at` is in ms and never goes back. */
  push(stream: 'stdout' | 'stderr', line: string, at: number): void {
    this.#streams[stream].push(line, at);
  }

  /** Lines of the stream are missing here. */
  gap(stream: 'stdout' | 'stderr'): void {
    this.#streams[stream].clear();
  }

  /** `secrets` are those that the process knows; a line with one is not shown. */
  lastWords(secrets: readonly string[]): LastWords {
    const { stdout, stderr } = this.#streams;
    const error = laterError(stderr.errorLine, stdout.errorLine);
    if (error !== null) return { kind: 'error', line: shownLine(error.text, secrets) };
    for (const stream of ['stderr', 'stdout'] as const) {
      const line = this.#streams[stream].lastLine;
      if (line !== null) return { kind: 'line', stream, line: shownLine(line.text, secrets) };
    }
    return stdout.isSilent && stderr.isSilent ? { kind: 'silence' } : { kind: 'unknown' };
  }
}

/** The error on stderr, unless that on stdout is much later. */
function laterError(stderr: TailLine | null, stdout: TailLine | null): TailLine | null {
  if (stderr === null || stdout === null) return stderr ?? stdout;
  return stdout.at > stderr.at + LATER ? stdout : stderr;
}
