import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** ms that whoever writes into it may take: a store of secrets may ask its user first. */
const WRITTEN_WITHIN = 10_000;

/**
 * All that comes out of a named pipe, as secret stores hand out an env_file. Without a writer fs.readFile would wait
 * for ever in open(2), and hold one of libuv's four threads. Throws where nobody writes, or does not end, in time.
 */
export async function readPipe(path: string, within: number = WRITTEN_WITHIN): Promise<Buffer> {
  const socket = new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const late = setTimeout(
    () => socket.destroy(new Error(`it is a pipe, and nobody wrote all of it within ${within / 1000} s`)),
    within,
  );
  try {
    return await buffer(socket);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
