import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';

const [openFile, readInto, closeFile] = [promisify(open), promisify(read), promisify(close)];

/** Bytes of a pooled buffer, and the size of the pool. */
const SIZE = 64 * 1024;
const POOLED = 4;

const pool: Buffer[] = [];

/**
 * Reads a whole file of /proc off the main thread, and returns the result of `use`, which must not keep the buffer.
 * Rejects with the system's error.
 *
 * fs.promises.readFile allocates 64 KiB for each of these files, since the system gives their size as 0: fifty
 * environments made V8 collect all garbage once a second.
 */
export async function readProcBytes<T>(path: string, use: (bytes: Buffer) => T): Promise<T> {
  let buffer = pool.pop() ?? Buffer.allocUnsafeSlow(SIZE);
  try {
    const file = await openFile(path, 'r');
    try {
      let length = 0;
      for (;;) {
        if (length === buffer.length) buffer = doubled(buffer);
        const { bytesRead } = await readInto(file, buffer, length, buffer.length - length, null);
        if (bytesRead === 0) return use(buffer.subarray(0, length));
        length += bytesRead;
      }
    } finally {
      await closeFile(file);
    }
  } finally {
    if (buffer.length === SIZE && pool.length < POOLED) pool.push(buffer);
  }
}

function doubled(buffer: Buffer): Buffer {
  const more = Buffer.allocUnsafeSlow(buffer.length * 2);
  buffer.copy(more);
  return more;
}
