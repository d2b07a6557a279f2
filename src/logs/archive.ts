import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { LogPolicy } from '../config/types.ts';
import type { Report } from '../events.ts';
import { systemMessage } from '../util/errno.ts';
import { listRotated, partPath } from './rotated.ts';

/**
 * Compresses rotated files and deletes the oldest beyond the policy's limit. One file at a time for all profiles, so that
 * many rotations at midnight leave a core to the door. A failure is reported once and tried again at that file's next
 * rotation.
 */
export class Archive {
  readonly #report: Report;
  readonly #closing = new AbortController();
  readonly #due = new Map<string, LogPolicy>();
  readonly #failing = new Set<string>();
  #work: Promise<void> | undefined;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Schedules the compression and deletion of the rotated files of that log file. */
  schedule(file: string, policy: LogPolicy): void {
    if (this.#closing.signal.aborted) return;
    this.#due.set(file, policy);
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
    });
  }

  /** Resolves when all scheduled work is done. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Aborts the work in progress; the next start finishes it. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#due.clear();
    await this.#work;
  }

  async #run(): Promise<void> {
    for (let next = this.#due.entries().next(); !next.done; next = this.#due.entries().next()) {
      const [file, policy] = next.value;
      this.#due.delete(file);
      try {
        await this.#compressAll(file);
        this.#failing.delete(file);
      } catch (error) {
        this.#reportOnce(file, error);
      }
      try {
        await trim(file, policy);
      } catch (error) {
        this.#reportOnce(file, error);
      }
    }
  }

  async #compressAll(file: string): Promise<void> {
    const { rotated, parts } = await listRotated(file);
    for (const part of parts) await rm(part, { force: true });
    for (const { path, compressed } of rotated) {
      if (!compressed) await compress(path, this.#closing.signal);
    }
  }

  #reportOnce(file: string, error: unknown): void {
    if (this.#closing.signal.aborted || this.#failing.has(file)) return;
    this.#failing.add(file);
    this.#report({ type: 'log.unrotated', file, reason: systemMessage(error) });
  }
}

/** Bytes at which a file is rotated: at most half of the limit, so that one rotated file fits. */
export function rotationSize(policy: LogPolicy): number {
  return Math.min(policy.size, policy.keep / 2);
}

/** A crash during this leaves the file itself and a partial copy, which the next run deletes. */
async function compress(path: string, signal: AbortSignal): Promise<void> {
  const part = partPath(path);
  try {
    const { mode } = await stat(path);
    const out = createWriteStream(part, { flags: 'wx', mode: mode & 0o777, flush: true });
    await pipeline(createReadStream(path), createGzip(), out, { signal });
    await rename(part, `${path}.gz`);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await rm(path);
}

async function trim(file: string, policy: LogPolicy): Promise<void> {
  const { rotated } = await listRotated(file);
  // The rotated files and the current one together stay below `keep`.
  let remaining = policy.keep - rotationSize(policy);
  for (const { path } of rotated.toReversed()) {
    const { size } = await stat(path);
    remaining -= size;
    // Once one exceeds the limit, all older ones are deleted too: a log with a hole would mislead.
    if (remaining < 0) await rm(path, { force: true });
  }
}
