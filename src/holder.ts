import { readlinkSync } from 'node:fs';

/** An open file of a process that is a socket. Linux. */
export interface Holder {
  readonly pid: number;
  readonly fd: string;
  readonly inode: string;
}

/** Whether it is still as it was found; false where that cannot be read. One link of /proc, 10 µs. */
export function stillHolds({ pid, fd, inode }: Holder): boolean {
  try {
    return inodeIn(readlinkSync(`/proc/${pid}/fd/${fd}`)) === inode;
  } catch {
    // The process has ended, or closed it; whatever else it is, nobody can say that it holds.
    return false;
  }
}

/** Of a link in /proc/PID/fd; null where that is no socket. */
export function inodeIn(link: string): string | null {
  return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? null;
}

/** The code of a connection to an address whose holders hold it no more: it may have ended up with anybody. */
export const FOREIGN_HOLDER = 'GWPROXY_STRANGER';
