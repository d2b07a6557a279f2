import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** ms that the writer may take, since a secret store may ask its user first. */
const WRITTEN_WITHIN = 10_000;

/**
 * Reads a named pipe to its end; secret stores provide an env_file as one. Rejects if no writer has finished within
 * `within` ms. Without a writer, fs.readFile would block one of libuv's four threads in open(2) for ever.
 */
export async function readPipe(path: string, within: number = WRITTEN_WITHIN): Promise<Buffer> {
  const socket = new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const late = setTimeout(
    () => socket.destroy(new Error(`it is a pipe, and its writer did not finish within ${within / 1000} s`)),
    within,
  );
  try {
    return await buffer(socket);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
