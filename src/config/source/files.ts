import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { readPipe } from './pipe.ts';

/** All that loading a config asks of the file system; a test may answer itself. */
export interface Files {
  /** Text; an Error whose message says in a few words why not, as `no such file`. */
  read(path: string): Promise<string>;
  /** The files that a glob matches from that folder: absolute, sorted. */
  glob(pattern: string, folder: string): Promise<readonly string[]>;
  isFolder(path: string): Promise<boolean>;
  /** That folder's path without links, as far as it is there and can be followed. */
  realFolder(path: string): Promise<string>;
  /** Whether there is a file at that path, and one that can be run. */
  program(path: string): Promise<'runs' | 'not executable' | 'missing'>;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its links go round in a circle',
};

export const realFiles: Files = {
  async read(path) {
    try {
      const bytes = (await statOf(path))?.isFIFO() ? await readPipe(path) : await readFile(path);
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
