import { chmod, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

/** A file that is being written. */
export interface DiskFile {
  write(chunk: Buffer): Promise<void>;
  /** Resolves when what was written outlives a power loss. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * All that the spool does with a file system, so that a test can fail or stop at each call. Rejects with the
 * system's errors.
 */
export interface Disk {
  /** Makes it where it is not there, with those above it; open to its owner alone. */
  makeFolder(path: string): Promise<void>;
  /** The names in it. */
  list(folder: string): Promise<readonly string[]>;
  /** A new file, its owner's alone; EEXIST where there is one. */
  create(path: string): Promise<DiskFile>;
  /** The first `most` bytes of a file, and how many it has. */
  read(path: string, most: number): Promise<{ readonly bytes: Buffer; readonly size: number }>;
  /** At once or not at all (POSIX), on one file system. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Resolves when the names in that folder outlive a power loss. */
  syncFolder(path: string): Promise<void>;
}

export const nodeDisk: Disk = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // Also where it was there with another mode.
    await chmod(path, 0o700);
  },
  list: (folder) => readdir(folder),
  async create(path) {
    const file = await open(path, 'wx', 0o600);
    return {
      async write(chunk) {
        await file.writeFile(chunk);
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  async read(path, most) {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const bytes = Buffer.allocUnsafe(Math.min(size, most));
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return { bytes: bytes.subarray(0, length), size };
    } finally {
      await file.close();
    }
  },
  rename,
  remove: unlink,
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
