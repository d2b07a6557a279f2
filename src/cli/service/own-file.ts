import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { MARK } from './service-manager.ts';

/** Writes a unit or an agent, over one that was written here alone. Throws a CommandError where it may not. */
export async function writeOwn(file: string, text: string): Promise<'new' | 'same' | 'changed'> {
  const before = await readOwn(file, 'no service is installed over it');
  if (before === text) return 'same';
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (cause) {
    throw notPermitted('write', file, cause);
  }
  return before === null ? 'new' : 'changed';
}

/** Whether it was there. Throws a CommandError where it may not be removed. */
export async function removeOwn(file: string): Promise<boolean> {
  if ((await readOwn(file, 'it is left as it is')) === null) return false;
  try {
    await rm(file);
  } catch (cause) {
    throw notPermitted('remove', file, cause);
  }
  return true;
}

/** Its text; null where there is none. Throws a CommandError where someone else wrote it. */
export async function readOwn(file: string, so: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw notPermitted('read', file, cause);
  }
  if (text.includes(MARK)) return text;
  throw new CommandError(
    EXIT.failure,
    `${file} was not written by gwproxy, so ${so}; move it away and try again`,
  );
}

function notPermitted(what: string, file: string, cause: unknown): CommandError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(EXIT.failure, `cannot ${what} ${file}: ${why}`, { cause });
}
