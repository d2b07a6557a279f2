import { readFile, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { shortPath } from '../../config/problems.ts';
import { errorCode } from '../../util/errno.ts';
import { hasSecretShape, isSecretName } from '../../util/secret.ts';
import { shellWord } from '../../util/shell-word.ts';
import { error, type Fault, warn } from './finding.ts';
import type { Subject } from './subject.ts';

const OTHERS = { read: 0o004, write: 0o002, enter: 0o001 } as const;
const YAML = new Set(['.yaml', '.yml']);

/** A name and a literal value of at least six characters; no `${NAME}`. */
const NAMED_VALUE =
  /(?:^|[{,])\s*(?:-\s*)?["']?([\w.-]+)["']?\s*:\s*["']?(?!\$\{)[^\s"'#{[&*|>][^\s"'#]{5,}/g;

/** Finds secrets that other users of the machine can read, and files that they can change. */
export async function checkSecrets({ loaded, stateFolder }: Subject): Promise<readonly Fault[]> {
  if (process.platform === 'win32') return [];
  const files = await Promise.all((loaded?.files ?? []).map(fileFaults));
  return [...files.flat(), ...(stateFolder === null ? [] : await stateFaults(stateFolder))];
}

async function fileFaults(file: string): Promise<readonly Fault[]> {
  const mode = await modeOf(file);
  if (mode === null || !(await canEnter(dirname(file)))) return [];
  const shown = shortPath(file, process.cwd());
  if ((mode & OTHERS.write) !== 0) {
    return [error('every user of this machine can change it', `chmod o-w ${shellWord(shown)}`, shown)];
  }
  if ((mode & OTHERS.read) === 0) return [];
  if (!YAML.has(extname(file))) {
    return [warn('every user of this machine can read it', `chmod 600 ${shellWord(shown)}`, shown)];
  }
  const line = secretLine(await readFile(file, 'utf8'));
  if (line === null) return [];
  return [
    warn(
      'this line looks like a secret, and every user of this machine can read it',
      `move it to an env_file with mode 600, or run chmod 600 ${shellWord(shown)}`,
      `${shown}:${line}`,
    ),
  ];
}

/** The first line of a config that holds a secret, counted from 1; null if none does. Pure. */
export function secretLine(text: string): number | null {
  const index = text.split('\n').findIndex((line) => !/^\s*#/.test(line) && holdsSecret(line));
  return index === -1 ? null : index + 1;
}

function holdsSecret(line: string): boolean {
  const names = [...line.matchAll(NAMED_VALUE)].map(([, name = '']) => name);
  return names.some(isSecretName) || hasSecretShape(line);
}

async function stateFaults(folder: string): Promise<readonly Fault[]> {
  const mode = await modeOf(folder);
  if (mode === null || (mode & 0o077) === 0) return [];
  return [
    error(
      'other users can enter the state folder, stop gateways and read their output',
      `chmod 700 ${shellWord(folder)}`,
      folder,
    ),
  ];
}

/** True if other users can enter the folder and all folders above it. */
async function canEnter(folder: string): Promise<boolean> {
  const mode = await modeOf(folder);
  if (mode === null || (mode & OTHERS.enter) === 0) return false;
  return dirname(folder) === folder || canEnter(dirname(folder));
}

/** Null if there is no such file, or this user may not read its mode. */
async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode;
  } catch (failure) {
    if (errorCode(failure) === undefined) throw failure;
    return null;
  }
}
