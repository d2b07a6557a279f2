import { readFileSync } from 'node:fs';
import { isPlainObject } from '../../util/plain-object.ts';
import { HAS_PROC, isGone, readPids, readProc } from '../tree/proc.ts';
import { listeningOn } from './listening.ts';
import { findHolders, programOf } from './socket-holders.ts';

/** The app of pm2 that a process belongs to. */
export interface Pm2Owner {
  /** PM2_HOME of the daemon. */
  readonly pm2Home: string;
  /** The app's name in pm2; null for a cluster's port, which the daemon itself holds, or if it cannot be read. */
  readonly name: string | null;
}

/** The facts about an app that pm2 writes into the app's environment. */
export interface Pm2AppInfo {
  /** Absolute: a script, or a compiled program. */
  readonly script: string;
  readonly name: string | null;
  readonly cwd: string | null;
}

/** The title of pm2's daemon, which lib/Daemon.js sets. */
const DAEMON = /^PM2 v\S+: God Daemon \((.+?)\)/;

/** PM2_HOME of the daemon with that command line; null if it is not pm2's daemon. Pure. */
export function pm2HomeOf(commandLine: string): string | null {
  return DAEMON.exec(commandLine)?.[1] ?? null;
}

/** The app of pm2 that a process is or descends from; null if pm2 does not run it, or the system has no /proc. */
export function pm2OwnerOf(pid: number): Pm2Owner | null {
  if (!HAS_PROC) return null;
  let child: number | null = null;
  for (let next: number | undefined = pid; next !== undefined && next > 1; next = programOf(next)?.parent) {
    const pm2Home = pm2HomeOf(readProc(`/proc/${next}/cmdline`) ?? '');
    if (pm2Home !== null) return { pm2Home, name: child === null ? null : (pm2AppOf(child)?.name ?? null) };
    child = next;
  }
  return null;
}

/** The app of pm2 that listens at an IP address and port; null if none does. Throws if /proc cannot be read. */
export async function pm2HolderOf(address: string, port: number): Promise<Pm2Owner | null> {
  if (!HAS_PROC) return null;
  const inodes = new Set((await listeningOn(address, port)).map(({ inode }) => inode));
  const holders = inodes.size === 0 ? [] : await findHolders(inodes, readPids());
  for (const { pid } of holders) {
    const owner = pm2OwnerOf(pid);
    if (owner !== null) return owner;
  }
  return null;
}

/**
 * The facts that pm2 wrote into that process's environment; null if pm2 did not start it, or its environment may not
 * be read.
 */
export function pm2AppOf(pid: number): Pm2AppInfo | null {
  try {
    return appInEnvironment(readFileSync(`/proc/${pid}/environ`, 'utf8'));
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Parses the text of proc_pid_environ(5): plain variables in fork mode, JSON in one variable in cluster mode. Pure. */
export function appInEnvironment(text: string): Pm2AppInfo | null {
  const variables = new Map(
    text.split('\0').map((line): [string, string] => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
  const json = variables.get('pm2_env');
  const fields = json === undefined ? variables : fieldsIn(json);
  const field = (name: string): string | null => {
    const value = fields.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const script = field('pm_exec_path');
  return script === null ? null : { script, name: field('name'), cwd: field('pm_cwd') };
}

function fieldsIn(json: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return new Map(isPlainObject(value) ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
