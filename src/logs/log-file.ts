import type { LogPolicy } from '../config/types.ts';
import type { BoundedBudget } from '../util/bounded-budget.ts';
import { systemMessage } from '../util/errno.ts';
import { Appender, type AppenderOptions } from './appender.ts';
import { rotationSize } from './archive.ts';
import { LineWriter } from './line-writer.ts';

/**
 * Bytes of unwritten lines of one file: the most that a gateway may write at once (supervisor/process/output.ts),
 * with time stamps.
 */
const BACKLOG_BYTES = 5 * 1024 * 1024;
const BATCH_BYTES = 64 * 1024;

export interface LogFileOptions extends AppenderOptions {
  readonly room: BoundedBudget;
  /** ms until a failed write is tried again. */
  readonly retryAfter: number;
  /** Called with the number of lines that were lost just now. */
  readonly lost: (lines: number) => void;
  /** The line, with its end, that marks missing lines in the file; '' for none. */
  readonly gap: (lines: number, reason: string) => string;
}

/** Why lines cannot be written now, and how many were lost since it began. */
interface Trouble {
  readonly reason: string;
  lost: number;
}

/**
 * One rotated log file. No caller waits for it: lines wait in memory while the disk is slow or full, and are dropped
 * and counted once too many wait. A failure is reported once; its end is reported with the number of lost lines, and
 * noted in the file.
 */
export class LogFile {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #appender: Appender;
  readonly #writer: LineWriter;
  #trouble: Trouble | undefined;
  /** Lost lines that the file does not mention yet. */
  #unmentioned = 0;
  #released = false;

  constructor(policy: LogPolicy, options: LogFileOptions) {
    this.path = options.path;
    this.#options = options;
    this.#appender = new Appender(policy, options);
    this.#writer = new LineWriter({
      output: this.#appender,
      limit: BACKLOG_BYTES,
      room: options.room,
      batch: batchSize(policy),
      retryAfter: options.retryAfter,
      failed: (error) => this.#failed(error),
      emptied: () => this.#emptied(),
    });
  }

  /** Queues a line with its end. */
  write(line: string): void {
    if (this.#writer.add(this.#gap() + line)) {
      this.#unmentioned = 0;
      return;
    }
    this.#beginTrouble('lines come faster than they can be written');
    this.#unmentioned += 1;
    if (this.#trouble !== undefined) this.#trouble.lost += 1;
    this.#options.lost(1);
  }

  /** Why lines cannot be written now; null if they can. */
  get failing(): string | null {
    return this.#trouble?.reason ?? null;
  }

  apply(policy: LogPolicy): void {
    this.#released = false;
    this.#appender.policy = policy;
    this.#writer.batchSize = batchSize(policy);
    this.#appender.tidy();
  }

  /** Must be called when no profile writes to it any more: it is closed once everything is written. */
  release(): void {
    this.#released = true;
    this.#writer.start();
  }

  /** Resolves once no line waits, or a write has failed. */
  idle(): Promise<void> {
    return this.#writer.idle();
  }

  /** Tries once more to write the waiting lines, then closes the file; lines that still wait are lost. */
  async close(): Promise<void> {
    this.#released = true;
    await this.#writer.finish();
  }

  /** Writes the waiting lines before it returns, for the 'exit' of the process. */
  flushSync(): void {
    this.#writer.flushSync((error) =>
      this.#options.report({ type: 'log.failed', file: this.path, reason: systemMessage(error) }),
    );
  }

  async #emptied(): Promise<void> {
    if (this.#trouble !== undefined) {
      const { lost } = this.#trouble;
      const gap = this.#gap();
      if (gap === '' || this.#writer.add(gap)) this.#unmentioned = 0;
      this.#trouble = undefined;
      this.#options.report({ type: 'log.resumed', file: this.path, lines: lost });
    }
    if (this.#released && this.#writer.bytes === 0) await this.#appender.close();
  }

  async #failed(error: unknown): Promise<true> {
    this.#beginTrouble(systemMessage(error));
    // The retry opens the path anew: an open handle would hold the disk space of a file that was deleted meanwhile.
    await this.#appender.close().catch((cause: unknown) => this.#beginTrouble(systemMessage(cause)));
    return true;
  }

  #beginTrouble(reason: string): void {
    if (this.#trouble !== undefined) return;
    this.#trouble = { reason, lost: 0 };
    this.#options.report({ type: 'log.failed', file: this.path, reason });
  }

  #gap(): string {
    if (this.#unmentioned === 0) return '';
    return this.#options.gap(this.#unmentioned, this.#trouble?.reason ?? '');
  }
}

function batchSize(policy: LogPolicy): number {
  return Math.min(BATCH_BYTES, rotationSize(policy));
}
