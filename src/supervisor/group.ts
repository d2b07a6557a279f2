import { readdir, readFile } from 'node:fs/promises';
import treeKill from 'tree-kill';
import { systemCode } from './words.ts';

/** Where there are no process groups, the tree is walked instead. */
export const HAS_GROUPS = process.platform !== 'win32';

/**
 * Signals every process of a group. 'refused': the system does not permit it (the gateway changed its user).
 */
export function signalGroup(pid: number, signal: NodeJS.Signals): 'sent' | 'gone' | 'refused' {
  if (!HAS_GROUPS) {
    treeKill(pid, signal);
    return 'sent';
  }
  try {
    process.kill(-pid, signal);
    return 'sent';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'refused';
    throw error;
  }
}

/** Whether the system still knows that group; true for zombies too. */
export function groupExists(pid: number): boolean {
  if (!HAS_GROUPS) return false;
  try {
    process.kill(-pid, 0);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ESRCH') return false;
    // Linux: somebody is there, of another user. macOS says EPERM of zombies too.
    if (code === 'EPERM') return process.platform === 'linux';
    throw error;
  }
}

/**
 * Whether a process of that group is alive. A zombie keeps its group until its parent reaps it, and a PID 1 that
 * is no init never does; it holds no port and runs no code, so it does not count.
 */
export async function groupAlive(pid: number): Promise<boolean> {
  if (!groupExists(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    for (const entry of await readdir('/proc')) {
      if (/^\d+$/.test(entry) && (await isLivingMember(entry, pid))) return true;
    }
    return false;
  } catch (error) {
    // /proc cannot be read now (EMFILE, hidepid): what kill(2) said stands.
    if (systemCode(error) !== null) return true;
    throw error;
  }
}

async function isLivingMember(entry: string, group: number): Promise<boolean> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${entry}/stat`, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    // It ended while the folder was read.
    if (code === 'ENOENT' || code === 'ESRCH') return false;
    throw error;
  }
  // proc_pid_stat(5): pid (comm) state ppid pgrp …; comm may hold spaces and parentheses.
  const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(pgrp) === group && state !== 'Z' && state !== 'X';
}
