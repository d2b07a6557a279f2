import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { errorMessage, hasCode } from '../../util/errno.ts';
import { WRITTEN_BY } from './service-definition.ts';

/** Writes a unit or agent; replaces only a file that gwproxy wrote. Throws a CommandError. */
export async function writeUnitFile(file: string, text: string): Promise<'new' | 'same' | 'changed'> {
  const before = await readUnitFile(file, 'no service is installed over it');
  if (before === text) return 'same';
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (cause) {
    throw fileError('write', file, cause);
  }
  return before === null ? 'new' : 'changed';
}

/** Removes a unit or agent that gwproxy wrote; false if there was none. Throws a CommandError. */
export async function removeUnitFile(file: string): Promise<boolean> {
  if ((await readUnitFile(file, 'it is left as it is')) === null) return false;
  try {
    await rm(file);
  } catch (cause) {
    throw fileError('remove', file, cause);
  }
  return true;
}

/** The text of a unit or agent; null if there is none. Throws a CommandError that ends in `so` if gwproxy did not write it. */
export async function readUnitFile(file: string, so: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw fileError('read', file, cause);
  }
  if (text.includes(WRITTEN_BY)) return text;
  throw new CommandError(
    EXIT.failure,
    `${file} was not written by gwproxy, so ${so}; move it away and try again`,
  );
}

function fileError(what: string, file: string, cause: unknown): CommandError {
  const why = errorMessage(cause);
  return new CommandError(EXIT.failure, `cannot ${what} ${file}: ${why}`, { cause });
}
