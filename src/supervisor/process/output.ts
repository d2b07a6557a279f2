import type { Readable } from 'node:stream';
import { createLimitedLines, type LimitedLines, OutputRateLimit } from './rate-limit.ts';

const MIB = 1024 * 1024;
const RATE = MIB;
const BURST = 4 * MIB;
const TELL_EVERY = 1000;

/**
 * What is done for one gateway within 10 ms: 768 KiB read, or a quarter of that told. Then its pipes rest until the door has
 * had its turn: `yes` would take a whole core (2.5 GB/s, measured), and every request would wait behind it.
 */
const WINDOW_BYTES = 768 * 1024;
const TOLD_WEIGHT = 4;
const WINDOW = 10;

export interface OutputHandlers {
  line(stream: 'stdout' | 'stderr', line: string): void;
  /** So many lines were not told, since they came too fast; at most once a second. */
  dropped(lines: number): void;
}

/**
 * Reads a gateway's output to its end, up to 75 MB/s. It never waits for whoever takes the lines: what is more than 1 MiB
 * a second, or 4 MiB at once, is read and counted, and goes no further.
 */
export class OutputReader {
  readonly #streams: readonly Readable[];
  readonly #lines: readonly LimitedLines[];
  readonly #handlers: OutputHandlers;
  #windowEnd = 0;
  #inWindow = 0;
  #dropped = 0;
  #tell: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(streams: Readonly<Record<'stdout' | 'stderr', Readable>>, handlers: OutputHandlers) {
    this.#handlers = handlers;
    const budget = new OutputRateLimit(RATE, BURST, performance.now());
    this.#streams = [streams.stdout, streams.stderr];
    this.#lines = (['stdout', 'stderr'] as const).map((name) => {
      const stream = streams[name];
      const lines = createLimitedLines(
        budget,
        (line) => handlers.line(name, line),
        (count) => this.#drop(count),
      );
      stream.on('data', (chunk: Buffer) => this.#read(lines, chunk));
      // Destroyed where a daemon kept it open: then it has no end.
      stream.once('end', () => lines.end());
      stream.once('close', () => lines.end());
      return lines;
    });
  }

  /** Reads no further, and tells at once what is still to be told. */
  close(): void {
    clearTimeout(this.#rest);
    for (const stream of this.#streams) stream.destroy();
    for (const lines of this.#lines) lines.end();
    this.#tellDropped();
  }

  #read(lines: LimitedLines, chunk: Buffer): void {
    const now = performance.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#inWindow = 0;
    }
    this.#inWindow += chunk.length + TOLD_WEIGHT * lines.push(chunk, now);
    if (this.#inWindow < WINDOW_BYTES || this.#rest !== undefined) return;
    for (const stream of this.#streams) stream.pause();
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      for (const stream of this.#streams) stream.resume();
    }, this.#windowEnd - now);
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    // It keeps no process alive: close() tells too.
    this.#tell ??= setTimeout(() => this.#tellDropped(), TELL_EVERY).unref();
  }

  #tellDropped(): void {
    clearTimeout(this.#tell);
    this.#tell = undefined;
    const lines = this.#dropped;
    this.#dropped = 0;
    if (lines > 0) this.#handlers.dropped(lines);
  }
}
