import { rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../errors.ts';
import { hasCode } from '../util/errno.ts';

/** ms between two looks at a socket that does not answer; between its bind(2) and its listen(2) none does. */
const AGAIN_AFTER = 50;
/** Looks until whoever was taking over counts as killed in the midst of it. */
const TRIES = 40;

/**
 * Listens on that path alone, however many try at once: bind(2) is what decides, and a file that nobody answers on
 * is taken away by one at a time, who holds `lock` meanwhile. Throws a CommandError (73) where somebody answers.
 */
export async function listenAlone(server: Server, path: string, lock: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    if (await listens(server, path)) return;
    if (await answers(path)) {
      throw new CommandError(
        EXIT.alreadyRunning,
        'a gwproxy already runs on this config; see `gwproxy status`, or end it with `gwproxy down`',
      );
    }
    if (tries % TRIES === 0) rmSync(lock, { force: true });
    await removeStale(path, lock);
  }
}

/** Left from one that was killed. Returns also where somebody else is at it, or it has come to life. */
async function removeStale(path: string, lock: string): Promise<void> {
  const holder = createServer();
  if (!(await listens(holder, lock))) {
    await pause(AGAIN_AFTER);
    return;
  }
  try {
    await pause(AGAIN_AFTER);
    // Nobody can have bound it since: that takes a path without a file.
    if (!(await answers(path))) rmSync(path, { force: true });
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
}

/** False where there is a file already. */
function listens(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      if (hasCode(error, 'EADDRINUSE')) resolve(false);
      else reject(error);
    };
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

/** Whether a process listens there. One that is too busy to be connected to (EAGAIN) does, and so does another user's. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!hasCode(error, 'ENOENT', 'ECONNREFUSED')));
  });
}
