import { readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { type Holder, inodeIn } from '../../holder.ts';
import { isGone, readProc } from '../tree/proc.ts';

/**
 * Links that are read before the event loop continues: 3 ms. They are read synchronously, since through the thread
 * pool each costs six times the CPU (58 µs instead of 10).
 */
const LINKS_IN_A_ROW = 256;

/**
 * Finds which of these processes hold those sockets, at most one holder for each socket. Processes that end meanwhile,
 * or whose files may not be read, are passed over.
 */
export async function findHolders(
  inodes: ReadonlySet<string>,
  pids: Iterable<number>,
): Promise<readonly Holder[]> {
  const found = new Map<string, Holder>();
  if (inodes.size === 0) return [];
  await visitSockets(pids, (holder) => {
    if (inodes.has(holder.inode) && !found.has(holder.inode)) found.set(holder.inode, holder);
    return found.size < inodes.size;
  });
  return [...found.values()];
}

/** The inodes of all sockets that these processes have open. Processes that cannot be read are passed over. */
export async function findSockets(pids: Iterable<number>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  await visitSockets(pids, ({ inode }) => {
    found.add(inode);
    return true;
  });
  return found;
}

/** Calls `visit` for each socket that these processes have open, until it returns false. */
async function visitSockets(pids: Iterable<number>, visit: (holder: Holder) => boolean): Promise<void> {
  let read = 0;
  for (const pid of pids) {
    for (const fd of filesOf(pid)) {
      read += 1;
      if (read % LINKS_IN_A_ROW === 0) await yieldToEventLoop();
      const inode = socketOf(pid, fd);
      if (inode !== null && !visit({ pid, fd, inode })) return;
    }
  }
}

export interface Program {
  /** The name of its executable, safe to be shown. */
  readonly name: string;
  /** Its comm, which it may set itself; at most 15 characters. */
  readonly title: string;
  readonly parent: number;
}

/** The program that a process runs; null if it has ended. */
export function programOf(pid: number): Program | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // proc_pid_stat(5): pid (comm) state ppid …; comm may hold spaces and parentheses.
  const end = stat.lastIndexOf(')');
  const title = stat.slice(stat.indexOf('(') + 1, end);
  const [, parent] = stat.slice(end + 2).split(' ');
  // Its comm does not tell programs apart: on newer versions of Node each one is called MainThread.
  const file = unlessGone(() => readlinkSync(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, '');
  const name = file === undefined ? title : basename(file);
  return { name: printable(name), title, parent: Number(parent) };
}

/** A text of another program's, in which nothing acts on a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

function filesOf(pid: number): readonly string[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
}

function socketOf(pid: number, fd: string): string | null {
  const link = unlessGone(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return link === null ? null : inodeIn(link);
}

function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}
