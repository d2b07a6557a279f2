import type { BoundedBudget } from '../util/bounded-budget.ts';
import { Backlog, type Batch } from './backlog.ts';

/** Where the lines go. */
export interface LineOutput {
  /** Writes the whole batch. Throws the system's error; the batch then knows how much of it was written. */
  write(batch: Batch): Promise<void>;
  /**
   * Writes before it returns, for the 'exit' of the process. `underWay` is the batch of a `write` that has not
   * resolved yet. Throws the system's error.
   */
  writeSync(underWay: Batch | undefined, batches: readonly Batch[]): void;
}

export interface LineWriterOptions {
  readonly output: LineOutput;
  /** Bytes that may wait. */
  readonly limit: number;
  /** Shared with other writers. */
  readonly room: BoundedBudget;
  /** Bytes of a batch. */
  readonly batch: number;
  /** ms until a failed write is tried again. */
  readonly retryAfter: number;
  /** Called after each failed write; false: the output is never written again. */
  readonly failed: (error: unknown) => boolean | Promise<boolean>;
  /** Called when everything is written; it may add lines. */
  readonly emptied: () => void | Promise<void>;
}

/**
 * Writes lines to one output, in order and one batch at a time. No caller waits for it: lines that the output does
 * not accept now wait in memory up to the limit, and a failed write is tried again.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  readonly #backlog: Backlog;
  /** The batch that is being written, or whose write failed. */
  #batch: Batch | undefined;
  #work: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options);
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#backlog.bytes;
  }

  set batchSize(bytes: number) {
    this.#backlog.batch = bytes;
  }

  /** Queues a line with its end; false if it does not fit, or the output is never written again. */
  add(line: string): boolean {
    if (this.#ended || !this.#backlog.add(line)) return false;
    this.start();
    return true;
  }

  /** Writes the waiting lines and calls `emptied`, unless a failed write will be tried again later. */
  start(): void {
    if (this.#work !== undefined || this.#retry !== undefined || this.#ended) return;
    this.#work = this.#writeAll()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#work = undefined;
        // A line may have been added since the backlog was last checked.
        if (!this.#backlog.empty) this.start();
      });
  }

  /** Resolves once no line waits, or a write has failed. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Tries once more to write the waiting lines, and leaves no timer behind. */
  async finish(): Promise<void> {
    await this.#work;
    this.#stopRetry();
    this.start();
    await this.#work;
    this.#stopRetry();
  }

  /** Writes the waiting lines before it returns, for the 'exit' of the process. Returns how many lines are lost. */
  flushSync(failed: (error: unknown) => void): number {
    this.#stopRetry();
    if (this.#ended) return 0;
    const batches: Batch[] = [];
    const underWay = this.#work === undefined ? undefined : this.#batch;
    if (underWay === undefined && this.#batch !== undefined) batches.push(this.#batch);
    for (let next = this.#backlog.dequeue(); next !== undefined; next = this.#backlog.dequeue())
      batches.push(next);
    try {
      if (underWay !== undefined || batches.length > 0) this.#options.output.writeSync(underWay, batches);
    } catch (error) {
      failed(error);
    }
    return batches.reduce((lines, batch) => lines + batch.linesLeft, 0);
  }

  async #writeAll(): Promise<void> {
    do {
      for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
        await this.#options.output.write(batch);
        this.#backlog.release(batch);
        this.#batch = undefined;
      }
      await this.#options.emptied();
    } while (!this.#backlog.empty);
  }

  #next(): Batch | undefined {
    this.#batch ??= this.#backlog.dequeue();
    return this.#batch;
  }

  async #failed(error: unknown): Promise<void> {
    if (!(await this.#options.failed(error))) {
      this.#ended = true;
      return;
    }
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.start();
    }, this.#options.retryAfter).unref();
  }

  #stopRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}
