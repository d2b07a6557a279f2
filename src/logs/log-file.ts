import type { LogPolicy } from '../config/types.ts';
import { systemMessage } from '../util/errno.ts';
import { Appender, type AppenderOptions } from './appender.ts';
import { fileSize } from './archive.ts';
import { Backlog, type Batch, type Room } from './backlog.ts';

/** Unwritten lines of one file: what a gateway may write at once (supervisor/output.ts), with the stamps. */
const BACKLOG_BYTES = 5 * 1024 * 1024;
const BATCH_BYTES = 64 * 1024;

export interface LogFileOptions extends AppenderOptions {
  readonly room: Room;
  /** ms until what failed is tried again. */
  readonly retryAfter: number;
  /** So many more lines were lost. */
  readonly lost: (lines: number) => void;
  /** Stands in the file, with its end, where others are missing; '' where the file needs no such line. */
  readonly gap: (lines: number, reason: string) => string;
}

/** Since when its lines do not get through, and how many were lost meanwhile. */
interface Trouble {
  readonly reason: string;
  lost: number;
}

/**
 * One log file that nobody waits for: lines are kept while the disk is slow or full, beyond that they are counted. The
 * trouble is reported once, tried again every few seconds, and its end is told with what it cost, in the file too.
 */
export class LogFile {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #appender: Appender;
  readonly #backlog: Backlog;
  #batch: Batch | undefined;
  #trouble: Trouble | undefined;
  /** Lost lines that the file does not tell of yet. */
  #untold = 0;
  #work: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #released = false;

  constructor(policy: LogPolicy, options: LogFileOptions) {
    this.path = options.path;
    this.#options = options;
    this.#appender = new Appender(policy, options);
    this.#backlog = new Backlog({ limit: BACKLOG_BYTES, batch: batchOf(policy), room: options.room });
  }

  /** `line` with its end. */
  write(line: string): void {
    if (!this.#backlog.add(this.#gap() + line)) {
      this.#begin('lines come faster than they can be written');
      this.#lose(1);
      return;
    }
    this.#untold = 0;
    this.#go();
  }

  /** Why its lines do not get through now; null where they do. */
  get failing(): string | null {
    return this.#trouble?.reason ?? null;
  }

  apply(policy: LogPolicy): void {
    this.#released = false;
    this.#appender.policy = policy;
    this.#backlog.batch = batchOf(policy);
    this.#appender.tend();
  }

  /** No profile writes to it any more: it is closed once what waits is written. */
  release(): void {
    this.#released = true;
    this.#go();
  }

  /** Resolves once nothing waits, or it cannot be written. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Tries once more to write what waits, then closes it; what could not be written is lost. */
  async close(): Promise<void> {
    await this.#work;
    this.#stopRetry();
    this.#released = true;
    this.#go();
    await this.#work;
    this.#stopRetry();
  }

  /** Writes what waits before it returns, for the 'exit' of the process. Throws what the system says. */
  flushSync(): void {
    const batches: Batch[] = [];
    for (let next = this.#backlog.take(); next !== undefined; next = this.#backlog.take()) batches.push(next);
    if (this.#batch !== undefined || batches.length > 0) this.#appender.writeSync(this.#batch, batches);
  }

  #go(): void {
    if (this.#work !== undefined || this.#retry !== undefined) return;
    this.#work = this.#writeAll()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#work = undefined;
        // A line may have come just as it ended.
        if (!this.#backlog.empty) this.#go();
      });
  }

  async #writeAll(): Promise<void> {
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      await this.#appender.write(batch);
      this.#backlog.gone(batch);
      this.#batch = undefined;
    }
    if (this.#released) await this.#appender.close();
  }

  /** Once nothing waits, the trouble is over: that the file tells first. */
  #next(): Batch | undefined {
    this.#batch ??= this.#backlog.take();
    if (this.#batch !== undefined || this.#trouble === undefined) return this.#batch;
    const { lost } = this.#trouble;
    if (this.#backlog.add(this.#gap(), 0)) this.#untold = 0;
    this.#trouble = undefined;
    this.#options.report({ type: 'log.resumed', file: this.path, lines: lost });
    this.#batch = this.#backlog.take();
    return this.#batch;
  }

  async #failed(error: unknown): Promise<void> {
    this.#begin(systemMessage(error));
    // Tried again with whatever the path leads to then: an open handle would keep a deleted file's blocks.
    await this.#appender.close().catch((cause: unknown) => this.#begin(systemMessage(cause)));
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#go();
    }, this.#options.retryAfter).unref();
  }

  #begin(reason: string): void {
    if (this.#trouble !== undefined) return;
    this.#trouble = { reason, lost: 0 };
    this.#options.report({ type: 'log.failed', file: this.path, reason });
  }

  #lose(lines: number): void {
    this.#untold += lines;
    if (this.#trouble !== undefined) this.#trouble.lost += lines;
    this.#options.lost(lines);
  }

  #gap(): string {
    return this.#untold === 0 ? '' : this.#options.gap(this.#untold, this.#trouble?.reason ?? '');
  }

  #stopRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}

function batchOf(policy: LogPolicy): number {
  return Math.min(BATCH_BYTES, fileSize(policy));
}
