import { chmod, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

/** A file that is being written. */
export interface DiskFile {
  write(chunk: Buffer): Promise<void>;
  /** Resolves when the written bytes outlive a power loss. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Every call that the spool makes to a file system, so that a test can fail or stop at each of them. All reject with
 * the system's errors.
 */
export interface Disk {
  /** Makes the folder and its parents if they are missing; only the owner may enter it. */
  makeFolder(path: string): Promise<void>;
  /** The names of the files in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a file that only the owner may read; EEXIST if it exists. */
  create(path: string): Promise<DiskFile>;
  /** Reads the first `most` bytes of a file; `size` is the file's. */
  read(path: string, most: number): Promise<{ readonly bytes: Buffer; readonly size: number }>;
  /** Atomic within one file system (POSIX). */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Resolves when the names in the folder outlive a power loss. */
  syncFolder(path: string): Promise<void>;
}

export const nodeDisk: Disk = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // It may have existed with another mode.
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
