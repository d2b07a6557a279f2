import { fstatSync } from 'node:fs';
import pino from 'pino';

/** What waits for a reader that is slow or gone; past it nothing more is taken, so memory stays bounded. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;
/** ms that an end waits for the reader. */
const DRAINED_WITHIN = 1000;

/** Standard output that nobody ever waits for: neither the door, nor a gateway, nor an end. */
export interface Stdout {
  /** False, and nothing is taken, where too much waits already. */
  write(text: string): boolean;
  /** Bytes that were taken and have not left yet. */
  unwritten(): number;
  /** Resolves once nothing waits any more; bounded. */
  drained(): Promise<void>;
  /** Writes what waits before it returns, for the 'exit' of the process, where that cannot take for ever. */
  flush(): void;
}

/** `failed` is called whenever it cannot be written: its reader has gone. */
export function openStdout(failed: () => void): Stdout {
  const found = fstatSync(1);
  const isRead = found.isFIFO() || found.isSocket() || process.stdout.isTTY;
  return isRead ? streamed(failed) : filed(failed);
}

/**
 * What a reader has to take. A write(2) to it may last for ever: a descriptor that blocks would hold one of libuv's
 * threads, and the end of the process, which waits for those (measured: SIGTERM ended nothing).
 */
function streamed(failed: () => void): Stdout {
  const { stdout } = process;
  unblock(stdout);
  stdout.on('error', failed);
  return {
    write(text) {
      if (stdout.writableLength > MAX_UNWRITTEN_BYTES) return false;
      stdout.write(text);
      return true;
    },
    unwritten: () => stdout.writableLength,
    drained: () =>
      new Promise((resolve) => {
        const late = setTimeout(resolve, DRAINED_WITHIN);
        stdout.write('', () => {
          clearTimeout(late);
          resolve();
        });
      }),
    flush: () => {},
  };
}

/**
 * Node has pipes take what they can at once, and terminals wait: one that Ctrl-S has stopped would stop the door (and
 * did). libuv opens a terminal anew for itself, so its other users notice nothing.
 */
function unblock(stdout: NodeJS.WriteStream): void {
  if (!stdout.isTTY) return;
  const handle: unknown = Reflect.get(stdout, '_handle');
  if (typeof handle !== 'object' || handle === null || !('setBlocking' in handle)) return;
  if (typeof handle.setBlocking === 'function') handle.setBlocking(false);
}

/** A file: written by libuv's threads, since a disk may be slow. */
function filed(failed: () => void): Stdout {
  const file = pino.destination({ dest: 1, sync: false, minLength: 0, maxLength: MAX_UNWRITTEN_BYTES });
  let taken = true;
  file.on('drop', () => {
    taken = false;
  });
  file.on('error', failed);
  return {
    write(text) {
      taken = true;
      file.write(text);
      return taken;
    },
    unwritten: () => 0,
    drained: () => Promise.resolve(),
    flush: () => file.flushSync(),
  };
}
