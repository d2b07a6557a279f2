import type { Readable } from 'node:stream';

/** ms. */
const WINDOW = 10;

/** Bounds what is read of some streams within 10 ms: they are paused until the window ends. */
export class ReadPace {
  readonly #streams: readonly Readable[];
  readonly #most: number;
  #windowEnd = 0;
  #inWindow = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `most` bytes are read of all streams within one window. */
  constructor(streams: readonly Readable[], most: number) {
    this.#streams = streams;
    this.#most = most;
  }

  /** So many bytes were read; `now` is in ms and never goes back. */
  count(bytes: number, now: number): void {
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#inWindow = 0;
    }
    this.#inWindow += bytes;
    if (this.#inWindow < this.#most || this.#timer !== undefined) return;
    for (const stream of this.#streams) stream.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const stream of this.#streams) stream.resume();
    }, this.#windowEnd - now);
  }

  /** Paused streams stay paused. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
