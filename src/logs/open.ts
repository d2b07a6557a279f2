import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../util/errno.ts';
import { timeOfLine } from './log-line.ts';
import { logTarget } from './log-target.ts';

/** Non-blocking: opening a FIFO without a reader would block one of libuv's four threads for ever. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** O_NOFOLLOW, since the links were followed already: one that is there now was put there since. */
export function appendFlags(rotatable: boolean): number {
  return rotatable ? APPEND | (constants.O_NOFOLLOW ?? 0) : APPEND;
}

/** Readable by the owner only, since a gateway's output may hold its users' messages. Existing files keep their mode. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** ms until a file that was moved or deleted is noticed; lines written before that go to the moved file. */
export const MOVE_NOTICED_WITHIN = 1000;

export interface OpenFile {
  readonly handle: FileHandle;
  /** Where it was when it was opened, without symbolic links. */
  readonly target: string;
  /** False for a device, a pipe and the like, which are neither rotated nor checked for having moved. */
  readonly regular: boolean;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  /** Epoch ms of its first line, or of its last change if that line has no time; null if it is empty. */
  readonly since: number | null;
  /** Its last line has no end: the power failed, or the disk was full. */
  readonly torn: boolean;
}

/**
 * Opens the file that the path leads to for appending, and creates it, and its folder, if need be. Throws the system's
 * error, or that of `logTarget`.
 */
export async function openToAppend(path: string): Promise<OpenFile> {
  const { path: target, rotatable } = await logTarget(path);
  const flags = appendFlags(rotatable);
  const handle = await open(target, flags, FILE_MODE).catch(async (error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
    await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
    return open(target, flags, FILE_MODE);
  });
  try {
    const found = await handle.stat();
    const regular = rotatable && found.isFile();
    const { dev, ino, size } = found;
    const ends = regular && size > 0 ? await readEnds(target, found) : { since: null, torn: false };
    return { handle, target, regular, dev, ino, size: regular ? size : 0, ...ends };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The size of the open file in bytes; null if the path leads to another file or to none. */
export async function sizeIfUnmoved(path: string, { dev, ino }: OpenFile): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.dev === dev && found.ino === ino ? found.size : null;
  } catch {
    // Opening it anew throws the error, if it is more than a missing file.
    return null;
  }
}

async function readEnds(path: string, { size, mtimeMs }: Stats): Promise<{ since: number; torn: boolean }> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(64);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, size - 1);
    return {
      since: timeOfLine(head.toString('latin1', 0, bytesRead)) ?? Math.floor(mtimeMs),
      torn: last[0] !== 0x0a,
    };
  } finally {
    await handle.close();
  }
}
