import { fstatSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { BoundedBudget } from '../util/bounded-budget.ts';
import { hasCode, systemMessage } from '../util/errno.ts';
import type { Batch } from './backlog.ts';
import { type LineOutput, LineWriter } from './line-writer.ts';

/** Bytes that may wait for a slow reader or disk; beyond that lines are dropped, so that memory stays bounded. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;
/** ms that the end of gwproxy waits for the reader or the disk. */
const DRAINED_WITHIN = 1000;
const BATCH_BYTES = 64 * 1024;
/** ms until a failed write is tried again. */
const RETRY_AFTER = 1000;
/** ms that the exit of the process waits for a slow disk; a single write that hangs cannot be aborted. */
const FLUSHED_WITHIN = 1000;

/** Standard output. Neither the door nor a gateway waits for it, and the end of gwproxy only briefly. */
export interface Stdout {
  /** False, and the text is dropped, if too many bytes wait already. */
  write(text: string): boolean;
  /** Bytes that are not written yet. */
  unwritten(): number;
  /** Why lines are dropped now, for the operator. */
  whyFull(): string;
  /** Resolves once everything is written or cannot be; after 1 s in any case. */
  drained(): Promise<void>;
  /**
   * Writes the waiting lines before it returns, for the 'exit' of the process; for about 1 s at most. Returns how
   * many lines are lost.
   */
  flush(): number;
}

export interface StdoutTrouble {
  /** Called when it will never be written again; the reason is null if its reader has gone. */
  closed(reason: string | null): void;
  /** Called when a write fails and will be tried again; once until a write succeeds. */
  failing(reason: string): void;
}

export function openStdout(trouble: StdoutTrouble): Stdout {
  const stats = fstatSync(1);
  const hasReader = stats.isFIFO() || stats.isSocket() || process.stdout.isTTY;
  return hasReader ? createStreamStdout(trouble) : createFileStdout(STDOUT, trouble);
}

/**
 * Standard output with a reader: a pipe, a socket or a terminal. A write(2) to a blocking descriptor may last for ever;
 * it would hold one of libuv's threads, and with it the end of the process (measured: SIGTERM ended nothing).
 */
function createStreamStdout({ closed }: StdoutTrouble): Stdout {
  const { stdout } = process;
  unblock(stdout);
  // Node destroys the stream after an error, so it cannot be written again.
  stdout.on('error', (error) => closed(isReaderGone(error) ? null : systemMessage(error)));
  return {
    write(text) {
      if (stdout.writableLength > MAX_UNWRITTEN_BYTES) return false;
      stdout.write(text);
      return true;
    },
    unwritten: () => stdout.writableLength,
    whyFull: () => 'the reader is too slow',
    drained: () => withinDrainTime(new Promise((resolve) => stdout.write('', () => resolve()))),
    flush: () => 0,
  };
}

/**
 * Node writes to a terminal synchronously, so a terminal stopped by Ctrl-S would stop the whole process (and did).
 * libuv reopens the terminal, so that its other users keep their blocking descriptor.
 */
function unblock(stdout: NodeJS.WriteStream): void {
  if (!stdout.isTTY) return;
  const handle: unknown = Reflect.get(stdout, '_handle');
  if (typeof handle !== 'object' || handle === null || !('setBlocking' in handle)) return;
  if (typeof handle.setBlocking === 'function') handle.setBlocking(false);
}

/** A file descriptor. Both methods return how many bytes were written and throw the system's error. */
export interface Sink {
  write(bytes: Buffer): Promise<number>;
  writeSync(bytes: Buffer): number;
}

const asyncWrite = promisify(write);

const STDOUT: Sink = {
  write: async (bytes) => (await asyncWrite(1, bytes)).bytesWritten,
  writeSync: (bytes) => writeSync(1, bytes),
};

/**
 * Standard output that is a file, written as log files are, but without rotation. It is written in libuv's threads,
 * since a disk may be slow; on a full disk lines wait, up to the limit, and are written once there is room.
 */
export function createFileStdout(
  sink: Sink,
  { closed, failing }: StdoutTrouble,
  retryAfter: number = RETRY_AFTER,
): Stdout {
  let reason: string | null = null;
  const writer = new LineWriter({
    output: outputTo(sink),
    limit: MAX_UNWRITTEN_BYTES,
    room: new BoundedBudget(MAX_UNWRITTEN_BYTES),
    batch: BATCH_BYTES,
    retryAfter,
    failed(error) {
      if (isReaderGone(error)) {
        closed(null);
        return false;
      }
      const known = reason !== null;
      reason = systemMessage(error);
      if (!known) failing(reason);
      return true;
    },
    emptied() {
      reason = null;
    },
  });
  return {
    write: (text) => writer.add(text),
    unwritten: () => writer.bytes,
    whyFull: () => reason ?? 'they come faster than they can be written',
    drained: () => withinDrainTime(writer.idle()),
    flush() {
      let isGone = false;
      const lost = writer.flushSync((error) => {
        isGone = isReaderGone(error);
        reason = systemMessage(error);
      });
      return isGone ? 0 : lost;
    },
  };
}

function outputTo(sink: Sink): LineOutput {
  return {
    async write(batch) {
      while (!batch.done) batch.advance(await sink.write(batch.rest));
    },
    // libuv finishes the batch in progress before the process ends; writing it here too would duplicate it.
    writeSync(_underWay: Batch | undefined, batches: readonly Batch[]) {
      const until = performance.now() + FLUSHED_WITHIN;
      for (const batch of batches) {
        while (!batch.done && performance.now() < until) batch.advance(sink.writeSync(batch.rest));
      }
    },
  };
}

/** EPIPE: the reader has gone (`gwproxy up | head`). */
function isReaderGone(error: unknown): boolean {
  return hasCode(error, 'EPIPE');
}

/** Resolves with the work, or after the time that the end of gwproxy waits for it. */
function withinDrainTime(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, DRAINED_WITHIN);
    void work.finally(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
