import treeKill from 'tree-kill';
import { errorCode } from '../../util/errno.ts';
import { HAS_PROC, isLiving, type ProcessId, readPids, readStat } from './proc.ts';

/** False on Windows, where trees are walked instead. */
export const HAS_GROUPS: boolean = process.platform !== 'win32';

export type Sent = 'sent' | 'gone' | 'refused';

/** Signals every process of a group. 'refused': the system does not permit it, as the gateway changed its user. */
export function signalGroup(pid: number, signal: NodeJS.Signals): Sent {
  if (!HAS_GROUPS) {
    treeKill(pid, signal);
    return 'sent';
  }
  return send(-pid, signal);
}

/** Returns what signalGroup() would return now, and sends nothing. */
export function tryGroup(pid: number): Sent {
  return HAS_GROUPS ? send(-pid, 0) : 'sent';
}

/** Signals that process, but not another one that reuses its pid. */
export function signalProcess(process: ProcessId, signal: NodeJS.Signals): Sent {
  return isLiving(process) ? send(process.pid, signal) : 'gone';
}

function send(target: number, signal: NodeJS.Signals | 0): Sent {
  try {
    process.kill(target, signal);
    return 'sent';
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'refused';
    throw error;
  }
}

/** Whether the group has any process, zombies included. */
export function groupExists(pid: number): boolean {
  if (!HAS_GROUPS) return false;
  try {
    process.kill(-pid, 0);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ESRCH') return false;
    // On Linux the group has a process of another user. macOS returns EPERM for zombies too.
    if (code === 'EPERM') return process.platform === 'linux';
    throw error;
  }
}

/** Whether a process of the group lives; without /proc zombies count too. */
export function groupAlive(pid: number): boolean {
  if (!groupExists(pid)) return false;
  if (!HAS_PROC) return true;
  return readPids().some((each) => {
    const stat = readStat(each);
    return stat?.living === true && stat.group === pid;
  });
}
