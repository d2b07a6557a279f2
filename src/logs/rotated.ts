import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../util/errno.ts';

/** `bot.log` is rotated to `bot.log.20260101T120000000Z`, and that is compressed to `….gz`. */
const STAMP = /^\d{8}T\d{9}Z$/;
const PART = '.gz.part';

/** A rotated file. Its stamp is the UTC time of its rotation; stamps sort as times do. */
export interface Rotated {
  readonly path: string;
  readonly stamp: string;
  readonly compressed: boolean;
}

/** The files beside a log file that belong to it. */
export interface RotatedFiles {
  /** Oldest first. A file may be here beside its compressed copy if compressing was interrupted or has just ended. */
  readonly rotated: readonly Rotated[];
  /** Partly compressed copies, left by a gwproxy that ended meanwhile. */
  readonly parts: readonly string[];
}

/** Empty if the folder does not exist. Throws the system's error otherwise. */
export async function listRotated(file: string): Promise<RotatedFiles> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const rotated: Rotated[] = [];
  const parts: string[] = [];
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const path = join(folder, name);
    const suffix = name.slice(prefix.length);
    if (suffix.endsWith(PART) && STAMP.test(suffix.slice(0, -PART.length))) parts.push(path);
    const compressed = suffix.endsWith('.gz');
    const stamp = compressed ? suffix.slice(0, -'.gz'.length) : suffix;
    if (STAMP.test(stamp)) rotated.push({ path, stamp, compressed });
  }
  return { rotated: rotated.sort((a, b) => (a.path < b.path ? -1 : 1)), parts };
}

/**
 * Renames the file to a new name that sorts after all other rotated files, even if the clock was set back. Does nothing
 * if the file does not exist; throws the system's error otherwise.
 */
export async function rotate(file: string, now: number): Promise<void> {
  const { rotated } = await listRotated(file);
  const newest = rotated.at(-1)?.stamp ?? '';
  const stamp = stampOf(now) > newest ? stampOf(now) : stampOf(timeOf(newest) + 1);
  await rename(file, `${file}.${stamp}`).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

export function partPath(rotated: string): string {
  return `${rotated}${PART}`;
}

/** The stamp of a file that is rotated at that time, in epoch ms. */
export function stampOf(at: number): string {
  return new Date(at).toISOString().replace(/[-:.]/g, '');
}

function timeOf(stamp: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}
