import { statSync } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { errorCode } from '../../util/errno.ts';
import type { ConfigInputs } from '../load.ts';
import { nameFilter, splitGlob } from '../source/globs.ts';

/** What in one folder is to be watched. */
export interface WatchedFolder {
  /** Without links. */
  readonly folder: string;
  readonly matches: (name: string) => boolean;
}

export interface WatchedFolders {
  readonly places: readonly WatchedFolder[];
  /** An `include` looks into more folders than are watched. */
  readonly cut: boolean;
}

/** As the kernel does (path_resolution(7)), so that links that go in a circle end. */
const MOST_LINKS = 40;
/** Of one `include`, so that one from the home on does not watch all that is in it. */
export const MOST_FOLDERS = 200;

/**
 * Where a change can change what a load finds. Folders are watched rather than files: an editor that saves by a
 * rename leaves a watched file behind. Of a path with links in it each link counts (a Kubernetes volume changes by
 * one, `..data`), and of one that is not there yet the first part that is missing.
 */
export async function watchedFoldersOf({ files, globs }: ConfigInputs): Promise<WatchedFolders> {
  const names = new Map<string, Set<string>>();
  const note = (path: string): void => {
    const folder = dirname(path);
    const known = names.get(folder);
    if (known === undefined) names.set(folder, new Set([basename(path)]));
    else known.add(basename(path));
  };
  for (const file of files) for (const step of await stepsTo(file)) note(step);
  const looked: WatchedFolder[] = [];
  let cut = false;
  for (const glob of globs) {
    const { base, segments } = splitGlob(glob);
    for (const step of await stepsTo(base)) note(step);
    const folder = await real(base);
    const found = folder === null ? [] : await foldersOf(folder, segments);
    looked.push(...found);
    cut ||= found.length === MOST_FOLDERS;
  }
  const named = [...names].map(
    ([folder, known]): WatchedFolder => ({ folder, matches: (name) => known.has(name) }),
  );
  return { places: [...named, ...looked], cut };
}

/** The links on the way to a path, and its end or the first part that is missing; their folders are without links. */
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
    // Each read of a named pipe changes its time, so watching it would report changes for ever.
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

/** The folders that a glob looks into, with the names that count there; at most MOST_FOLDERS. */
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

/** Asked at an event, so that files that come and go where a glob looks for folders cost no load. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}
