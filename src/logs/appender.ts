import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { LogPolicy } from '../config/types.ts';
import type { Report } from '../events.ts';
import { systemMessage } from '../util/errno.ts';
import { type Archive, fileSize } from './archive.ts';
import type { Batch } from './backlog.ts';
import { APPEND, FILE_MODE, MOVED_WITHIN, type OpenFile, openToAppend, sizeAt } from './open.ts';
import { moveAway } from './rotated.ts';

const RETRY_ROTATION = 5000;

export interface AppenderOptions {
  readonly path: string;
  readonly archive: Archive;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Appends to one file: opened at its first line, rotated before it is too big or too old, and opened anew where it was
 * moved, deleted or cut short. One write at a time.
 */
export class Appender {
  policy: LogPolicy;
  readonly #options: AppenderOptions;
  #open: OpenFile | undefined;
  /** Of the file that is or was open, as far as we know; and since when it has lines. */
  #size = 0;
  #since: number | null = null;
  #lookedAt = 0;
  #tended = false;
  /** It could not be renamed; tried again from then on. */
  #stuckUntil: number | null = null;

  constructor(policy: LogPolicy, options: AppenderOptions) {
    this.policy = policy;
    this.#options = options;
  }

  /** Throws what the system says; the batch then knows how far it came, and may be written again. */
  async write(batch: Batch): Promise<void> {
    const { handle } = await this.#fit(batch);
    while (!batch.done) {
      // A disk that is nearly full takes a part.
      const { bytesWritten } = await handle.write(batch.rest);
      batch.wrote(bytesWritten);
      this.#size += bytesWritten;
    }
    this.#since ??= this.#options.now();
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.handle.close();
  }

  /** Deletes what is beyond the policy, soon. */
  tend(): void {
    if (this.#tended) this.#options.archive.tend(this.#options.path, this.policy);
  }

  /**
   * Writes before it returns, for the 'exit' of the process. `current` may be on its way already: what of it has
   * arrived is not written twice. Throws what the system says.
   */
  writeSync(current: Batch | undefined, next: readonly Batch[]): void {
    const fd = this.#open?.handle.fd ?? openSync(this.#options.path, APPEND, FILE_MODE);
    try {
      if (current !== undefined && this.#open?.regular) {
        const arrived = fstatSync(fd).size - this.#size;
        current.wrote(Math.min(Math.max(0, arrived), current.rest.length));
      }
      for (const batch of current === undefined ? next : [current, ...next]) {
        while (!batch.done) batch.wrote(writeSync(fd, batch.rest));
      }
    } finally {
      if (this.#open === undefined) closeSync(fd);
    }
  }

  /** The file that the batch goes to: where the path leads now, and with room for it. */
  async #fit(batch: Batch): Promise<OpenFile> {
    const now = this.#options.now();
    if (this.#open?.regular && Math.abs(now - this.#lookedAt) >= MOVED_WITHIN) {
      this.#lookedAt = now;
      const size = await sizeAt(this.#options.path, this.#open);
      if (size === null) await this.close();
      else this.#size = size;
    }
    const open = this.#open ?? (await this.#opened(batch, now));
    return open.regular && this.#isFull(batch, now) ? this.#rotate(batch, now) : open;
  }

  async #opened(batch: Batch, now: number): Promise<OpenFile> {
    const { path, archive } = this.#options;
    const open = await openToAppend(path);
    this.#open = open;
    const goesOn = batch.written > 0 && open.size === this.#size;
    this.#size = open.size;
    this.#since = open.since;
    this.#lookedAt = now;
    if (!goesOn) {
      batch.rewind();
      if (open.torn) this.#size += (await open.handle.write('\n')).bytesWritten;
    }
    if (open.regular && !this.#tended) {
      this.#tended = true;
      archive.tend(path, this.policy);
    }
    return open;
  }

  #isFull(batch: Batch, now: number): boolean {
    // In the midst of a line it goes on: the rest would begin the next file.
    if (this.#size === 0 || batch.written > 0) return false;
    if (this.#stuckUntil !== null && now < this.#stuckUntil && this.#size < this.policy.keep) return false;
    const old = this.#since !== null && now - this.#since >= this.policy.age;
    return old || this.#size + batch.bytes.length > fileSize(this.policy);
  }

  async #rotate(batch: Batch, now: number): Promise<OpenFile> {
    const { path, report } = this.#options;
    const size = this.#size;
    await this.close();
    try {
      await moveAway(path, now);
      this.#tended = false;
      this.#stuckUntil = null;
    } catch (error) {
      // It is written on, up to what all its files may take together.
      if (size >= this.policy.keep) throw error;
      if (this.#stuckUntil === null)
        report({ type: 'log.unrotated', file: path, reason: systemMessage(error) });
      this.#stuckUntil = now + RETRY_ROTATION;
    }
    return this.#opened(batch, now);
  }
}
