import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { LogPolicy } from '../config/types.ts';
import type { Report } from '../events.ts';
import { systemMessage } from '../util/errno.ts';
import { type Archive, rotationSize } from './archive.ts';
import type { Batch } from './backlog.ts';
import type { LineOutput } from './line-writer.ts';
import { isDevicePath } from './log-target.ts';
import {
  appendFlags,
  FILE_MODE,
  MOVE_NOTICED_WITHIN,
  type OpenFile,
  openToAppend,
  sizeIfUnmoved,
} from './open.ts';
import { rotate } from './rotated.ts';

/** ms until a file that could not be renamed is tried again. */
const RETRY_ROTATION = 5000;

export interface AppenderOptions {
  readonly path: string;
  readonly archive: Archive;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Appends to one file. The file is opened with its first line, rotated before it is too big or too old, and reopened
 * after it was moved, deleted or truncated from outside. Symbolic links are followed when it is opened, and what they
 * lead to is rotated. One write at a time.
 */
export class Appender implements LineOutput {
  policy: LogPolicy;
  readonly #options: AppenderOptions;
  #open: OpenFile | undefined;
  /** Where the file is, or was when it was opened last, without symbolic links. */
  #target: string;
  /** Bytes of the open file, or of the last one, as last read or counted. */
  #size = 0;
  /** Epoch ms of its first line; null if it has none. */
  #since: number | null = null;
  #checkedAt = 0;
  /** Whether its rotated files were handed to the archive since it was opened or rotated. */
  #isTidied = false;
  /** Epoch ms until which a failed rotation is not tried again. */
  #stuckUntil: number | null = null;

  constructor(policy: LogPolicy, options: AppenderOptions) {
    this.policy = policy;
    this.#options = options;
    this.#target = options.path;
  }

  async write(batch: Batch): Promise<void> {
    const { handle } = await this.#fileFor(batch);
    while (!batch.done) {
      // A disk that is nearly full writes only a part.
      const { bytesWritten } = await handle.write(batch.rest);
      batch.advance(bytesWritten);
      this.#size += bytesWritten;
    }
    this.#since ??= this.#options.now();
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.handle.close();
  }

  /** Schedules the compression of rotated files and the deletion of those beyond the policy. */
  tidy(): void {
    if (this.#isTidied) this.#options.archive.schedule(this.#target, this.policy);
  }

  writeSync(underWay: Batch | undefined, batches: readonly Batch[]): void {
    const fd =
      this.#open?.handle.fd ?? openSync(this.#target, appendFlags(!isDevicePath(this.#target)), FILE_MODE);
    try {
      if (underWay !== undefined && this.#open?.regular) {
        // Its write may have reached the file already; those bytes are not written twice.
        const arrived = fstatSync(fd).size - this.#size;
        underWay.advance(Math.min(Math.max(0, arrived), underWay.rest.length));
      }
      for (const batch of underWay === undefined ? batches : [underWay, ...batches]) {
        while (!batch.done) batch.advance(writeSync(fd, batch.rest));
      }
    } finally {
      if (this.#open === undefined) closeSync(fd);
    }
  }

  /** The file at the path, reopened or rotated if need be. */
  async #fileFor(batch: Batch): Promise<OpenFile> {
    const now = this.#options.now();
    if (this.#open?.regular && Math.abs(now - this.#checkedAt) >= MOVE_NOTICED_WITHIN) {
      this.#checkedAt = now;
      const size = await sizeIfUnmoved(this.#options.path, this.#open);
      if (size === null) await this.close();
      else this.#size = size;
    }
    const open = this.#open ?? (await this.#openFor(batch, now));
    return open.regular && this.#isFull(batch, now) ? this.#rotate(batch, now) : open;
  }

  async #openFor(batch: Batch, now: number): Promise<OpenFile> {
    const { path, archive } = this.#options;
    const open = await openToAppend(path);
    this.#open = open;
    this.#target = open.target;
    const continues = batch.written > 0 && open.size === this.#size;
    this.#size = open.size;
    this.#since = open.since;
    this.#checkedAt = now;
    if (!continues) {
      batch.rewind();
      if (open.torn) this.#size += (await open.handle.write('\n')).bytesWritten;
    }
    if (open.regular && !this.#isTidied) {
      this.#isTidied = true;
      archive.schedule(open.target, this.policy);
    }
    return open;
  }

  #isFull(batch: Batch, now: number): boolean {
    // A line that was written in part is finished first: its rest would begin the next file.
    if (this.#size === 0 || batch.written > 0) return false;
    if (this.#stuckUntil !== null && now < this.#stuckUntil && this.#size < this.policy.keep) return false;
    const old = this.#since !== null && now - this.#since >= this.policy.age;
    return old || this.#size + batch.bytes.length > rotationSize(this.policy);
  }

  async #rotate(batch: Batch, now: number): Promise<OpenFile> {
    const { path, report } = this.#options;
    const size = this.#size;
    await this.close();
    try {
      await rotate(this.#target, now);
      this.#isTidied = false;
      this.#stuckUntil = null;
    } catch (error) {
      // Until a retry succeeds the file grows, up to the size that all its rotated files may have together.
      if (size >= this.policy.keep) throw error;
      if (this.#stuckUntil === null)
        report({ type: 'log.unrotated', file: path, reason: systemMessage(error) });
      this.#stuckUntil = now + RETRY_ROTATION;
    }
    return this.#openFor(batch, now);
  }
}
