import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../util/errno.ts';
import { FILE_MODE, FOLDER_MODE } from './open.ts';

/** Where the log files of a config are. Each `gwproxy up` writes it, and `gwproxy logs` finds the files by it. */
export interface LogIndex {
  /** gwproxy's own log. */
  readonly own: string;
  /** By profile, in the config's order. */
  readonly profiles: ReadonlyMap<string, string>;
}

/** The name under which gwproxy's own log is shown. */
export const OWN_LOG = 'gwproxy';

export function logsFolder(stateFolder: string): string {
  return join(stateFolder, 'logs');
}

export function defaultLogPath(folder: string, profile: string): string {
  return join(folder, `${profile}.log`);
}

/** `folder` is the logs folder in the state folder, even if the log files are elsewhere. Throws the system's error. */
export async function writeLogIndex(folder: string, { own, profiles }: LogIndex): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const path = indexPath(folder);
  const text = JSON.stringify({ own, profiles: [...profiles].map(([name, file]) => ({ name, file })) });
  // Renamed into place, since it may be read at any time.
  await writeFile(`${path}.part`, `${text}\n`, { mode: FILE_MODE });
  await rename(`${path}.part`, path);
}

/** Null if no gwproxy has run on this config, or only versions that wrote no such file. */
export async function readLogIndex(folder: string): Promise<LogIndex | null> {
  const text = await readFile(indexPath(folder), 'utf8').catch((error: unknown) => {
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

function indexPath(folder: string): string {
  return join(folder, 'files.json');
}

/** Null for a file that is not JSON: it is treated as missing. */
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
