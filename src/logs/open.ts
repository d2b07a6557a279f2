import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../util/errno.ts';
import { timeOfLine } from './log-line.ts';

/** Opened without waiting: a FIFO that nobody reads would hold one of Node's four threads for ever. */
export const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** The owner's alone: a gateway's output may hold what its users wrote. A file that is there keeps its mode. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** ms within which a file that was moved or deleted is noticed; until then lines go where it went. */
export const MOVE_NOTICED_WITHIN = 1000;

export interface OpenFile {
  readonly handle: FileHandle;
  /** Only such a file is rotated, and looked for: /dev/null is written to as it is. */
  readonly regular: boolean;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  /** Epoch ms of its first line; null where it is empty or does not say. */
  readonly since: number | null;
  /** Its last line has no end: the power failed, or the disk was full. */
  readonly torn: boolean;
}

/** Opens it to append, and makes it, and its folder, where they are not there. Throws what the system says. */
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

/** Null where that path no longer leads to that file: it was moved or deleted. Else its size. */
export async function sizeIfUnmoved(path: string, { dev, ino }: OpenFile): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.dev === dev && found.ino === ino ? found.size : null;
  } catch {
    // Not there, or not to be reached: opening it anew says which.
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
