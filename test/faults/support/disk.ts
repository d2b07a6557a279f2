import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder for logs whose disk can be full. */
export interface Disk {
  readonly folder: string;
  /** Makes the disk full for the file of that name. */
  fill(): void;
  free(): void;
}

/** Puts a link to /dev/full (full(4)) in place of the log; needs no privilege. */
export function fullFile(folder: string, log: string): Disk {
  mkdirSync(folder);
  const path = join(folder, log);
  return {
    folder,
    fill() {
      rmSync(path, { force: true });
      symlinkSync('/dev/full', path);
    },
    free: () => rmSync(path, { force: true }),
  };
}

/** A file system of 16 MiB, in memory; null where mounting is not permitted. */
export function smallDisk(fault: { after(cleanUp: () => void): void }, folder: string): Disk | null {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  fault.after(() => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }));
  const filler = join(folder, 'filler');
  return {
    folder,
    fill() {
      for (let block = Buffer.alloc(64 * 1024); block.length > 0; ) {
        try {
          writeFileSync(filler, block, { flag: 'a' });
        } catch {
          block = block.subarray(0, block.length >> 1);
        }
      }
    },
    free: () => rmSync(filler),
  };
}
