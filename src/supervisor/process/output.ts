import type { Readable } from 'node:stream';
import { createLimitedLines, type LimitedLines, OutputRateLimit } from './rate-limit.ts';
import { ReadPace } from './read-pace.ts';

const MIB = 1024 * 1024;
const RATE = MIB;
const BURST = 4 * MIB;
const REPORT_EVERY = 1000;

/**
 * At most 768 KiB of one gateway's output are read within 10 ms, and less if much of it is reported. Then its pipes
 * are paused until the window ends: `yes` would take a whole core (2.5 GB/s, measured), and delay every request.
 */
const WINDOW_BYTES = 768 * 1024;
const REPORTED_WEIGHT = 4;

export interface OutputHandlers {
  line(stream: 'stdout' | 'stderr', line: string): void;
  /** Output of the stream is missing here, since it came too fast. */
  gap(stream: 'stdout' | 'stderr'): void;
  /** That many lines came too fast and were dropped; called at most once a second. */
  dropped(lines: number): void;
}

/**
 * Reads a gateway's output to its end, at up to 75 MB/s. What exceeds 1 MiB a second, or 4 MiB at once, is read and
 * counted but not reported.
 */
export class OutputReader {
  readonly #streams: readonly Readable[];
  readonly #lines: readonly LimitedLines[];
  readonly #handlers: OutputHandlers;
  readonly #pace: ReadPace;
  #dropped = 0;
  #reportTimer: NodeJS.Timeout | undefined;

  constructor(streams: Readonly<Record<'stdout' | 'stderr', Readable>>, handlers: OutputHandlers) {
    this.#handlers = handlers;
    const budget = new OutputRateLimit(RATE, BURST, performance.now());
    this.#streams = [streams.stdout, streams.stderr];
    this.#pace = new ReadPace(this.#streams, WINDOW_BYTES);
    this.#lines = (['stdout', 'stderr'] as const).map((name) => {
      const stream = streams[name];
      const lines = createLimitedLines(
        budget,
        (line) => handlers.line(name, line),
        (count) => {
          handlers.gap(name);
          this.#countDropped(count);
        },
      );
      stream.on('data', (chunk: Buffer) => this.#read(lines, chunk));
      // A stream that is destroyed, since a daemon keeps it open, has no 'end'.
      stream.once('end', () => lines.end());
      stream.once('close', () => lines.end());
      return lines;
    });
  }

  /** Stops reading, and reports at once what was dropped. */
  close(): void {
    this.#pace.end();
    for (const stream of this.#streams) stream.destroy();
    for (const lines of this.#lines) lines.end();
    this.#reportDropped();
  }

  #read(lines: LimitedLines, chunk: Buffer): void {
    const now = performance.now();
    this.#pace.count(chunk.length + REPORTED_WEIGHT * lines.push(chunk, now), now);
  }

  #countDropped(lines: number): void {
    this.#dropped += lines;
    // The timer need not keep gwproxy alive: close() reports too.
    this.#reportTimer ??= setTimeout(() => this.#reportDropped(), REPORT_EVERY).unref();
  }

  #reportDropped(): void {
    clearTimeout(this.#reportTimer);
    this.#reportTimer = undefined;
    const lines = this.#dropped;
    this.#dropped = 0;
    if (lines > 0) this.#handlers.dropped(lines);
  }
}
