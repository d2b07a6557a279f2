import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode } from '../util/errno.ts';

/** The most symbolic links that Linux follows (path_resolution(7)). */
const MOST_LINKS = 40;
/** Folders whose entries are devices, or other programs' open files: a file that /dev/stdout leads to is not gwproxy's. */
const KERNEL_FOLDERS = /^\/(?:dev(?!\/shm(?:\/|$))|proc)(?:\/|$)/;

/** What the path of a log file leads to. */
export interface LogTarget {
  /** Where the lines go; rotated files lie beside it. */
  readonly path: string;
  /** False for a device or an open file of another program, such as /dev/stdout: it is written to as it is. */
  readonly rotatable: boolean;
}

/** Whether a path names a device or an open file, such as /dev/null or /dev/stdout. Pure. */
export function isDevicePath(path: string): boolean {
  return KERNEL_FOLDERS.test(path);
}

/**
 * Follows the symbolic links of a log file, so that its target is rotated in the target's folder and the links stay.
 * The target need not exist. Rejects with a reason for the operator if a link belongs to another user: who may write
 * the log's folder could let gwproxy write and rename any file (as with Linux's protected_symlinks). Rejects with the
 * system's error if the path cannot be followed. `own` is the user that gwproxy acts as.
 */
export async function logTarget(path: string, own = process.geteuid?.()): Promise<LogTarget> {
  let current = path;
  for (let links = 0; links <= MOST_LINKS; links += 1) {
    const here = await withRealFolder(current);
    if (isDevicePath(here)) return { path: here, rotatable: false };
    const next = await readlink(here).catch(nullUnlessLink);
    if (next === null) return { path: here, rotatable: true };
    await assertTrusted(here, own);
    current = resolve(dirname(here), next);
  }
  throw new Error('its symbolic links form a cycle');
}

async function withRealFolder(path: string): Promise<string> {
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    // The folder is created when the file is opened.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return path;
    throw error;
  }
}

/** Null for what is no symbolic link, or does not exist. */
function nullUnlessLink(error: unknown): null {
  if (hasCode(error, 'EINVAL', 'ENOENT', 'ENOTDIR', 'UNKNOWN')) return null;
  throw error;
}

async function assertTrusted(link: string, own: number | undefined): Promise<void> {
  const { uid } = await lstat(link);
  if (own === undefined || uid === own || uid === 0) return;
  const target = await stat(link).catch(nullUnlessLink);
  if (target?.uid !== uid)
    throw new Error(`${link} is a symbolic link of another user (uid ${uid}); name the file itself`);
}
