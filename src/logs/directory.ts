import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../util/errno.ts';
import { FILE_MODE, FOLDER_MODE } from './open.ts';

/** Where the log files of one config lie, as its gwproxy last had it: what `gwproxy logs` goes by, running or not. */
export interface LogDirectory {
  /** gwproxy's own log. */
  readonly own: string;
  /** By profile, in the config's order. */
  readonly profiles: ReadonlyMap<string, string>;
}

/** The name under which gwproxy's own log is shown. */
export const OWN = 'gwproxy';

export function logsFolder(stateFolder: string): string {
  return join(stateFolder, 'logs');
}

export function defaultLogPath(folder: string, profile: string): string {
  return join(folder, `${profile}.log`);
}

/** `folder` is the state folder's own for logs, wherever the files lie. Throws what the system says. */
export async function writeDirectory(folder: string, { own, profiles }: LogDirectory): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const path = directoryPath(folder);
  const text = JSON.stringify({ own, profiles: [...profiles].map(([name, file]) => ({ name, file })) });
  // Whole or not at all: it may be read at any time.
  await writeFile(`${path}.part`, `${text}\n`, { mode: FILE_MODE });
  await rename(`${path}.part`, path);
}

/** Null where no gwproxy has run on this config, or none that wrote one. */
export async function readDirectory(folder: string): Promise<LogDirectory | null> {
  const text = await readFile(directoryPath(folder), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (text === null) return null;
  const { own, profiles } = fieldsOf(parse(text));
  if (typeof own !== 'string' || !Array.isArray(profiles)) return null;
  const named = profiles.flatMap((entry: unknown) => {
    const { name, file } = fieldsOf(entry);
    return typeof name === 'string' && typeof file === 'string' ? [[name, file] as const] : [];
  });
  return { own, profiles: new Map(named) };
}

function directoryPath(folder: string): string {
  return join(folder, 'files.json');
}

/** It is ours, and only told to find files by: one that cannot be read is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
