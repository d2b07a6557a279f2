import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** What the conversion asks of the machine to find out what pm2 would run. */
export interface Machine {
  /** Absolute; the folder from which the apps' relative paths are resolved. */
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Such as 20.19.0. */
  readonly nodeVersion: string;
  isFile(path: string): boolean;
  isFolder(path: string): boolean;
  /** What lies at the path, its links followed. */
  entry(path: string): 'file' | 'folder' | 'other' | 'none';
  /** True for a compiled program, false for a script. */
  isBinary(path: string): boolean;
  /** The text of a file of at most that many bytes; null if it is larger, not a file, not text or not readable. */
  text(path: string, largest: number): string | null;
  /** The absolute path of an executable, looked up in that PATH or in this shell's; null if there is none. */
  which(program: string, path?: string): string | null;
  /** The path with every symbolic link resolved. */
  real(path: string): string;
}

/** This machine, with relative paths resolved from that folder. */
export function localMachine(folder: string, env: NodeJS.ProcessEnv): Machine {
  return {
    folder,
    home: env.HOME || homedir(),
    env,
    nodeVersion: process.versions.node,
    isFile,
    isFolder,
    entry,
    isBinary,
    text,
    which: (program, path = env.PATH ?? '') => which(program, folder, path),
    real: (path) => realpathSync(path),
  };
}

/** Undefined also for what cannot be a path: too long, a link to itself, or in a folder that nobody may look into. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statusOf(path)?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return statusOf(path)?.isDirectory() ?? false;
}

function entry(path: string): 'file' | 'folder' | 'other' | 'none' {
  const found = statusOf(path);
  if (found === undefined) return 'none';
  if (found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'other';
}

function isExecutable(path: string): boolean {
  if (!isFile(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function which(program: string, folder: string, path: string): string | null {
  if (program.includes('/')) {
    const found = resolve(folder, program);
    return isExecutable(found) ? found : null;
  }
  const candidates = path.split(delimiter).map((entry) => join(resolve(folder, entry), program));
  return candidates.find(isExecutable) ?? null;
}

const HEAD_BYTES = 512;

/** pm2 guesses from the first bytes (lib/tools/isbinaryfile.js); a NUL among them tells a program from a script. */
function isBinary(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, HEAD_BYTES, 0)).includes(0);
  } finally {
    closeSync(file);
  }
}

/** Opened without waiting, since the path may be a pipe that nobody writes to. */
function text(path: string, largest: number): string | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(file).isFile()) return null;
    const bytes = Buffer.alloc(largest + 1);
    const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
    return read.length > largest || read.includes(0) ? null : read.toString();
  } finally {
    closeSync(file);
  }
}
