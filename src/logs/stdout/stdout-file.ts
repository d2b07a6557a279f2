import { write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { hasCode, systemMessage } from '../../util/errno.ts';
import { Backlog, type Batch, Room } from '../backlog.ts';

/** What waits for a reader or a disk that is slow or gone; past it nothing more is taken, so memory stays bounded. */
export const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;
/** ms that an end waits for the reader. */
const DRAINED_WITHIN = 1000;
const BATCH_BYTES = 64 * 1024;
/** ms until what failed is tried again. */
const RETRY_AFTER = 1000;
/** ms that the exit of the process waits for a disk that is slow; one write that hangs cannot be cut short. */
const FLUSHED_WITHIN = 1000;
const TOO_SLOW = 'they come faster than they can be written';

/** Where the bytes go; both say how many went, and throw what the system says. */
export interface Sink {
  write(bytes: Buffer): Promise<number>;
  writeSync(bytes: Buffer): number;
}

const asyncWrite = promisify(write);

export const STDOUT: Sink = {
  write: async (bytes) => (await asyncWrite(1, bytes)).bytesWritten,
  writeSync: (bytes) => writeSync(1, bytes),
};

/**
 * A file as standard output: written by libuv's threads, since a disk may be slow. On a full one lines wait, up to the
 * bound, and are written once there is room: whatever fails is tried again, but where nobody reads.
 */
export function filed(sink: Sink, { closed, failing }: StdoutTrouble, retryAfter = RETRY_AFTER): Stdout {
  const waiting = new Backlog({
    limit: MAX_UNWRITTEN_BYTES,
    batch: BATCH_BYTES,
    room: new Room(MAX_UNWRITTEN_BYTES),
  });
  /** Of which some bytes may have gone. */
  let batch: Batch | undefined;
  let work: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let reason: string | null = null;
  let gone = false;

  function next(): Batch | undefined {
    if (batch?.done) {
      waiting.gone(batch);
      batch = undefined;
    }
    batch ??= waiting.take();
    return batch;
  }

  async function writeAll(): Promise<void> {
    for (let current = next(); current !== undefined; current = next()) {
      current.wrote(await sink.write(current.rest));
    }
    reason = null;
  }

  function failed(error: unknown): void {
    if (isGone(error)) {
      gone = true;
      closed(null);
      return;
    }
    const known = reason !== null;
    reason = systemMessage(error);
    if (!known) failing(reason);
    retry = setTimeout(() => {
      retry = undefined;
      go();
    }, retryAfter).unref();
  }

  function go(): void {
    if (work !== undefined || retry !== undefined || gone) return;
    work = writeAll()
      .catch(failed)
      .finally(() => {
        work = undefined;
        // A line may have come just as it ended.
        if (!waiting.empty) go();
      });
  }

  return {
    write(text) {
      if (gone || !waiting.add(text)) return false;
      go();
      return true;
    },
    unwritten: () => waiting.bytes,
    why: () => reason ?? TOO_SLOW,
    drained: () => (work === undefined ? Promise.resolve() : soon(work)),
    flush() {
      clearTimeout(retry);
      // What is under way libuv ends before the process does; written here too, it would be there twice.
      if (work !== undefined) batch = undefined;
      const until = performance.now() + FLUSHED_WITHIN;
      try {
        for (let current = next(); current !== undefined && performance.now() < until; current = next()) {
          current.wrote(sink.writeSync(current.rest));
        }
      } catch (error) {
        if (isGone(error)) return 0;
        reason = systemMessage(error);
      }
      let lost = 0;
      for (let left = next(); left !== undefined; left = next()) {
        lost += linesIn(left.rest);
        left.wrote(left.rest.length);
      }
      return lost;
    },
  };
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

/** EPIPE: the reader has gone (`gwproxy up | head`). */
export function isGone(error: unknown): boolean {
  return hasCode(error, 'EPIPE');
}

/** Resolves with the work, and where that takes too long for an end without it. */
export function soon(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, DRAINED_WITHIN);
    void work.finally(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

/** Standard output that nobody ever waits for: neither the door, nor a gateway, nor an end. */
export interface Stdout {
  /** False, and nothing is taken, where too much waits already. */
  write(text: string): boolean;
  /** Bytes that were taken and have not left yet. */
  unwritten(): number;
  /** Why nothing is taken now, for a person. */
  why(): string;
  /** Resolves once nothing waits any more, or it cannot be written; bounded. */
  drained(): Promise<void>;
  /**
   * Writes what waits before it returns, for the 'exit' of the process, where that cannot take for ever; bounded. Returns
   * how many lines are lost.
   */
  flush(): number;
}

export interface StdoutTrouble {
  /** It will never be written again; null: nobody reads it any more. */
  closed(reason: string | null): void;
  /** It cannot be written now, and is tried again. Told once, until it could be. */
  failing(reason: string): void;
}
