import { rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../errors.ts';
import { hasCode } from '../util/errno.ts';

/** ms until a socket that does not answer is tried again: a process may be between its bind(2) and listen(2). */
const RETRY_AFTER = 50;
/** Attempts after which the holder of the lock counts as killed. */
const LOCK_ATTEMPTS = 40;

export const ALREADY_RUNNING =
  'a gwproxy already runs on this config; see `gwproxy status`, or end it with `gwproxy down`';

/**
 * Listens on that path, as one process only, however many try at once: bind(2) decides. A stale socket file is removed by
 * one process at a time, which holds the socket `lock` meanwhile. Throws a CommandError (73) if a process answers.
 */
export async function listenAlone(server: Server, path: string, lock: string): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    if (await tryListen(server, path)) return;
    if (await isAnswered(path)) {
      throw new CommandError(EXIT.alreadyRunning, ALREADY_RUNNING);
    }
    if (attempts % LOCK_ATTEMPTS === 0) rmSync(lock, { force: true });
    await removeStale(path, lock);
  }
}

/** Removes the socket of a killed process, unless another process is doing so or the socket answers after all. */
async function removeStale(path: string, lock: string): Promise<void> {
  const holder = createServer();
  if (!(await tryListen(holder, lock))) {
    await pause(RETRY_AFTER);
    return;
  }
  try {
    await pause(RETRY_AFTER);
    // No process can have bound it meanwhile: bind(2) needs a path without a file.
    if (!(await isAnswered(path))) rmSync(path, { force: true });
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
}

/** False if the path has a file already. */
function tryListen(server: Server, path: string): Promise<boolean> {
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

/** Whether a process listens at the path, even if it is too busy (EAGAIN) or belongs to another user. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!hasCode(error, 'ENOENT', 'ECONNREFUSED')));
  });
}
