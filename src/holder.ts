import { readlinkSync } from 'node:fs';

/** A file descriptor of a process that is a socket. Linux only. */
export interface Holder {
  readonly pid: number;
  readonly fd: string;
  readonly inode: string;
}

/** Whether the process still holds that socket; false if that cannot be read. Reads one link of /proc, 10 µs. */
export function stillHolds({ pid, fd, inode }: Holder): boolean {
  try {
    return inodeIn(readlinkSync(`/proc/${pid}/fd/${fd}`)) === inode;
  } catch {
    // The process has ended or closed it, or /proc cannot be read: it is not known to hold it.
    return false;
  }
}

/** The inode of a link in /proc/PID/fd; null if that is no socket. */
export function inodeIn(link: string): string | null {
  return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? null;
}

/** The code of a connection to a port that its known holders do not hold any more: a foreign process may have taken it. */
export const FOREIGN_HOLDER = 'GWPROXY_STRANGER';
