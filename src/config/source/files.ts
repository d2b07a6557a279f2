import { constants } from 'node:fs';
import { access, open, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { readPipe, tooLong } from './pipe.ts';

/** The file system as loading a config uses it; tests may replace it. */
export interface Files {
  /**
   * The text of a file or named pipe. Rejects with an Error whose message is a short reason, such as `no such file`.
   * With `limit`, one of more bytes is refused, and no more of it is read.
   */
  read(path: string, limit?: number): Promise<string>;
  /** The files that a glob relative to `folder` matches; absolute, sorted. */
  glob(pattern: string, folder: string): Promise<readonly string[]>;
  isFolder(path: string): Promise<boolean>;
  /** The path without symbolic links; parts that do not exist stay as they are. */
  realFolder(path: string): Promise<string>;
  /** Whether the path is a file, and whether it can be executed. */
  program(path: string): Promise<'runs' | 'not executable' | 'missing'>;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links form a cycle',
};

export const realFiles: Files = {
  async read(path, limit) {
    try {
      const isPipe = (await statOf(path))?.isFIFO() ?? false;
      const bytes = isPipe
        ? await readPipe(path, { limit: limit ?? null })
        : await (limit === undefined ? readFile(path) : readBounded(path, limit));
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw new Error(readFault(error), { cause: error });
    }
  },
  async glob(pattern, folder) {
    const { glob } = await import('tinyglobby');
    const found = await glob(pattern, { cwd: folder, absolute: true, expandDirectories: false });
    return found.map((file) => resolve(file)).sort();
  },
  async isFolder(path) {
    return (await statOf(path))?.isDirectory() ?? false;
  },
  async realFolder(path) {
    try {
      return await realpath(path);
    } catch (error) {
      if (errorCode(error) === undefined || dirname(path) === path) throw error;
      return join(await realFiles.realFolder(dirname(path)), basename(path));
    }
  },
  async program(path) {
    if (!((await statOf(path))?.isFile() ?? false)) return 'missing';
    return access(path, constants.X_OK).then(
      () => 'runs',
      () => 'not executable',
    );
  },
};

async function readBounded(path: string, limit: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(limit + 1), 0, limit + 1, null);
    if (bytesRead > limit) throw new Error(tooLong(limit));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (errorCode(error) !== undefined) return null;
    throw error;
  }
}

function readFault(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8';
  if (code === undefined) return errorMessage(error);
  return REASONS[code] ?? code;
}
