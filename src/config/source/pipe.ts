import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** ms that the writer may take, since a secret store may ask its user first. */
const WRITTEN_WITHIN = 10_000;

/** Why a file or pipe of more bytes is refused. */
export function tooLong(limit: number): string {
  return `it is longer than ${Math.floor(limit / 1024)} KiB`;
}

/**
 * Reads a named pipe to its end; secret stores provide an env_file as one. Rejects if no writer has finished within
 * `within` ms, and once it has brought more than `limit` bytes (null: no limit). Without a writer, fs.readFile would
 * block one of libuv's four threads in open(2) for ever.
 */
export async function readPipe(
  path: string,
  {
    within = WRITTEN_WITHIN,
    limit = null,
  }: { readonly within?: number; readonly limit?: number | null } = {},
): Promise<Buffer> {
  const socket = new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const late = setTimeout(
    () => socket.destroy(new Error(`it is a pipe, and its writer did not finish within ${within / 1000} s`)),
    within,
  );
  let bytes = 0;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of socket) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a socket without an encoding gives buffers');
      chunks.push(chunk);
      bytes += chunk.length;
      if (limit !== null && bytes > limit) throw new Error(tooLong(limit));
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
