import { fstatSync } from 'node:fs';
import { systemMessage } from '../../util/errno.ts';
import {
  filed,
  isGone,
  MAX_UNWRITTEN_BYTES,
  STDOUT,
  type Stdout,
  type StdoutTrouble,
  soon,
} from './stdout-file.ts';

export function openStdout(trouble: StdoutTrouble): Stdout {
  const found = fstatSync(1);
  const isRead = found.isFIFO() || found.isSocket() || process.stdout.isTTY;
  return isRead ? streamed(trouble) : filed(STDOUT, trouble);
}

/**
 * What a reader has to take. A write(2) to it may last for ever: a descriptor that blocks would hold one of libuv's
 * threads, and the end of the process, which waits for those (measured: SIGTERM ended nothing).
 */
function streamed({ closed }: StdoutTrouble): Stdout {
  const { stdout } = process;
  unblock(stdout);
  // Node destroys the stream with it: there is no second try.
  stdout.on('error', (error) => closed(isGone(error) ? null : systemMessage(error)));
  return {
    write(text) {
      if (stdout.writableLength > MAX_UNWRITTEN_BYTES) return false;
      stdout.write(text);
      return true;
    },
    unwritten: () => stdout.writableLength,
    why: () => 'the reader is too slow',
    drained: () => soon(new Promise((resolve) => stdout.write('', () => resolve()))),
    flush: () => 0,
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
