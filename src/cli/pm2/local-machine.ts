import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Machine } from './app-command.ts';

/** This machine; relative paths of the apps begin in that folder. */
export function realMachine(folder: string, env: NodeJS.ProcessEnv): Machine {
  return {
    folder,
    home: env.HOME || homedir(),
    env,
    nodeVersion: process.versions.node,
    isFile,
    isFolder,
    isBinary,
    which: (program) => which(program, folder, env.PATH ?? ''),
    real: (path) => realpathSync(path),
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
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
  const places = path.split(delimiter).map((place) => join(resolve(folder, place), program));
  return places.find(isExecutable) ?? null;
}

const LOOKED_AT = 512;

/** pm2 guesses from the first bytes (lib/tools/isbinaryfile.js); that no text holds a NUL says the same of programs. */
function isBinary(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(LOOKED_AT);
    return bytes.subarray(0, readSync(file, bytes, 0, LOOKED_AT, 0)).includes(0);
  } finally {
    closeSync(file);
  }
}
