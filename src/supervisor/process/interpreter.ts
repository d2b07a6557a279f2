import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { errorCode, hasCode } from '../../util/errno.ts';
import type { Command } from './command.ts';

/** Bytes of a first line that the kernel reads (BINPRM_BUF_SIZE of include/uapi/linux/binfmts.h). */
const FIRST_LINE = 256;
/** The PATH of execvp without a PATH (confstr _CS_PATH). */
const DEFAULT_PATH = '/usr/bin:/bin';

/**
 * Names the missing interpreter of a script, for the operator: execve(2) fails with ENOENT both for a missing program
 * and for one whose `#!` names a missing interpreter. Null if no interpreter is missing, or it cannot be read.
 */
export async function interpreterFault({
  file,
  cwd,
  env,
}: Pick<Command, 'file' | 'cwd' | 'env'>): Promise<string | null> {
  const found = file.includes('/')
    ? [{ path: resolve(cwd, file), shown: file }]
    : (env.PATH ?? DEFAULT_PATH).split(delimiter).map((folder) => {
        const path = resolve(cwd, folder, file);
        return { path, shown: path };
      });
  let fault: string | null = null;
  for (const { path, shown } of found) {
    if (!(await isProgram(path))) continue;
    const interpreter = interpreterIn(await firstBytes(path));
    // The interpreter is not the fault.
    if (interpreter === null || (await isThere(resolve(cwd, interpreter)))) return null;
    fault ??= faultText(shown, interpreter);
  }
  return fault;
}

/** The interpreter of a `#! interpreter argument` line, as the kernel reads it; null if the text begins otherwise. */
function interpreterIn(text: string): string | null {
  return /^#![ \t]*([^ \t\n\0]+)/.exec(text)?.[1] ?? null;
}

function faultText(file: string, interpreter: string): string {
  const shown = interpreter.replace(/\r$/, '').replaceAll(/\p{Cc}/gu, '?');
  if (!interpreter.endsWith('\r')) return `${file} needs ${shown}, which is not there`;
  return `${file} needs '${shown}\\r', which is not there: does it have Windows line ends?`;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

/** Empty if the file may not be read. */
async function firstBytes(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_LINE));
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return '';
  }
}

/** A path that may not be read counts as existing: the kernel may be able to read it. */
async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return !hasCode(error, 'ENOENT', 'ENOTDIR');
  }
}
