import { statSync } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { errorCode } from '../../util/errno.ts';
import type { ConfigInputs } from '../load.ts';
import { nameFilter, splitGlob } from '../source/globs.ts';

/** A folder to watch, and which names in it count. */
export interface WatchedFolder {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  readonly matches: (name: string) => boolean;
}

export interface WatchedFolders {
  readonly places: readonly WatchedFolder[];
  /** Whether an `include` covers more than MOST_FOLDERS folders. */
  readonly cut: boolean;
}

/** Symbolic links followed on one path, as many as the kernel follows (path_resolution(7)); ends cycles. */
const MOST_LINKS = 40;
/** Folders watched for one `include`, so that a glob such as ~/** does not watch a whole home. */
export const MOST_FOLDERS = 200;

/**
 * The folders and names in them whose change can change the result of a load. Folders are watched, not files, since an
 * editor that saves by rename replaces the watched file. Each symbolic link on a path counts too (a Kubernetes volume
 * changes by its link `..data`), and so does the first missing part of a path.
 */
export async function watchedFoldersOf({ files, globs }: ConfigInputs): Promise<WatchedFolders> {
  const names = new Map<string, Set<string>>();
  const add = (path: string): void => {
    const folder = dirname(path);
    const known = names.get(folder);
    if (known === undefined) names.set(folder, new Set([basename(path)]));
    else known.add(basename(path));
  };
  for (const file of files) for (const step of await stepsTo(file)) add(step);
  const ofGlobs: WatchedFolder[] = [];
  let cut = false;
  for (const glob of globs) {
    const { base, segments } = splitGlob(glob);
    for (const step of await stepsTo(base)) add(step);
    const folder = await real(base);
    const found = folder === null ? [] : await foldersOf(folder, segments);
    ofGlobs.push(...found);
    cut ||= found.length === MOST_FOLDERS;
  }
  const named = [...names].map(
    ([folder, known]): WatchedFolder => ({ folder, matches: (name) => known.has(name) }),
  );
  return { places: [...named, ...ofGlobs], cut };
}

/** The links on the way to a path, then its end or its first missing part; the folders of all are without links. */
async function stepsTo(path: string, links = MOST_LINKS): Promise<readonly string[]> {
  const { root } = parse(path);
  const steps: string[] = [];
  const parts = path.slice(root.length).split(sep).filter(Boolean);
  let at = root;
  for (const [index, part] of parts.entries()) {
    const next = join(at, part);
    const kind = await kindOf(next);
    if (kind === 'link') {
      if (links === 0) return [...steps, next];
      const target = resolve(at, await readlink(next), ...parts.slice(index + 1));
      return [...steps, next, ...(await stepsTo(target, links - 1))];
    }
    // Each read of a named pipe changes its time, so watching one would never stop reporting changes.
    if (kind === 'pipe') return steps;
    if (kind !== 'folder') return [...steps, next];
    at = next;
  }
  return [...steps, at];
}

async function kindOf(path: string): Promise<'link' | 'folder' | 'file' | 'pipe' | 'missing'> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return 'link';
    if (found.isFIFO()) return 'pipe';
    return found.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (errorCode(error) !== undefined) return 'missing';
    throw error;
  }
}

async function real(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== undefined) return null;
    throw error;
  }
}

/** The folders that a glob covers, with the names that count there; at most MOST_FOLDERS. */
async function foldersOf(from: string, glob: readonly string[]): Promise<readonly WatchedFolder[]> {
  const found: WatchedFolder[] = [];
  const open: { readonly folder: string; readonly segments: readonly string[] }[] = [
    { folder: from, segments: glob },
  ];
  for (let next = open.shift(); next !== undefined && found.length < MOST_FOLDERS; next = open.shift()) {
    const { folder } = next;
    const [segment = '', ...rest] = next.segments;
    if (segment === '**') open.unshift({ folder, segments: rest });
    const fits = nameFilter(segment);
    const isLast = rest.length === 0;
    found.push({ folder, matches: (name) => fits(name) && (isLast || isFolder(join(folder, name))) });
    if (isLast) continue;
    const inside = await foldersIn(folder);
    const segments = segment === '**' ? next.segments : rest;
    open.push(...inside.filter(fits).map((name) => ({ folder: join(folder, name), segments })));
  }
  return found;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder);
    return entries.filter((name) => isFolder(join(folder, name)));
  } catch (error) {
    if (errorCode(error) !== undefined) return [];
    throw error;
  }
}

/** Called at each event, so that a new file where a glob expects folders causes no load. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}
