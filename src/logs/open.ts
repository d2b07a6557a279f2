import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../util/errno.ts';
import { timeOfLine } from './log-line.ts';

/** Non-blocking: opening a FIFO without a reader would block one of libuv's four threads for ever. */
export const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** Readable by the owner only, since a gateway's output may hold its users' messages. Existing files keep their mode. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** ms until a file that was moved or deleted is noticed; lines written before that go to the moved file. */
export const MOVE_NOTICED_WITHIN = 1000;

export interface OpenFile {
  readonly handle: FileHandle;
  /** False for /dev/null and the like, which are neither rotated nor checked for having moved. */
  readonly regular: boolean;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  /** Epoch ms of its first line, or of its last change if that line has no time; null if it is empty. */
  readonly since: number | null;
  /** Its last line has no end: the power failed, or the disk was full. */
  readonly torn: boolean;
}

/** Opens the file for appending and creates it, and its folder, if need be. Throws the system's error. */
export async function openToAppend(path: string): Promise<OpenFile> {
  const handle = await open(path, APPEND, FILE_MODE).catch(async (error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    return open(path, APPEND, FILE_MODE);
  });
  try {
    const found = await handle.stat();
    const regular = found.isFile();
    const { dev, ino, size } = found;
    const ends = regular && size > 0 ? await readEnds(path, found) : { since: null, torn: false };
    return { handle, regular, dev, ino, size: regular ? size : 0, ...ends };
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
