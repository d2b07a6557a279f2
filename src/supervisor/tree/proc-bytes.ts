import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';

const [openFile, readInto, closeFile] = [promisify(open), promisify(read), promisify(close)];

/** Bytes of a buffer that is kept for the next read, and how many are: more are read at once only in a rush. */
const SIZE = 64 * 1024;
const KEPT = 4;

const idle: Buffer[] = [];

/**
 * The whole of a file of /proc, off the main thread; `use` must keep none of the bytes. Rejects with the system's
 * error.
 *
 * Not fs.promises.readFile: these files say that they are empty, for each of which it allocates 64 KiB. Fifty
 * environments made V8 collect everything once a second.
 */
export async function readProcBytes<T>(path: string, use: (bytes: Buffer) => T): Promise<T> {
  let buffer = idle.pop() ?? Buffer.allocUnsafeSlow(SIZE);
  try {
    const file = await openFile(path, 'r');
    try {
      let length = 0;
      for (;;) {
        if (length === buffer.length) buffer = twice(buffer);
        const { bytesRead } = await readInto(file, buffer, length, buffer.length - length, null);
        if (bytesRead === 0) return use(buffer.subarray(0, length));
        length += bytesRead;
      }
    } finally {
      await closeFile(file);
    }
  } finally {
    if (buffer.length === SIZE && idle.length < KEPT) idle.push(buffer);
  }
}

function twice(buffer: Buffer): Buffer {
  const more = Buffer.allocUnsafeSlow(buffer.length * 2);
  buffer.copy(more);
  return more;
}
