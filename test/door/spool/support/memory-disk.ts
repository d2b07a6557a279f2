import { basename, dirname } from 'node:path';
import type { Disk, DiskFile } from '../../../../src/door/spool/store/disk.ts';

interface Inode {
  bytes: Buffer;
  /** What a sync has put beyond a power loss. */
  synced: Buffer;
}

type Names = Map<string, Inode>;

/** A change of names that no sync has put beyond a power loss yet. */
type Change =
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string };

/** What the tests may make of a call: its name and path, and how many there were before. */
export type Fault = (call: string, path: string, count: number) => Error | 'power loss' | undefined;

/**
 * A disk that forgets, as one may that loses power: a name or a byte is sure to be there afterwards only where a
 * sync resolved after it was written; of everything else any part may be. A rename is whole or not at all.
 */
export class MemoryDisk implements Disk {
  readonly calls: string[] = [];
  fault: Fault = () => undefined;
  off = false;
  readonly #folders = new Map<string, Names>();
  readonly #durable = new Map<string, Names>();
  #pending: Change[] = [];

  /** The disk of the next start; `survives` decides for each change and each unsynced byte count. */
  afterPowerLoss(survives: () => boolean): MemoryDisk {
    const next = new MemoryDisk();
    const names = new Map([...this.#durable].map(([folder, files]) => [folder, new Map(files)]));
    for (const change of this.#pending) if (survives()) apply(names, change);
    for (const [folder, files] of names) {
      const kept: Names = new Map();
      for (const [name, { bytes, synced }] of files) {
        const half = bytes.subarray(0, Math.max(synced.length, bytes.length >> 1));
        const left = survives() ? bytes : survives() ? half : synced;
        kept.set(name, { bytes: Buffer.from(left), synced: Buffer.from(left) });
      }
      next.#folders.set(folder, kept);
      next.#durable.set(folder, new Map(kept));
    }
    return next;
  }

  names(folder: string): readonly string[] {
    return [...(this.#folders.get(folder)?.keys() ?? [])].sort();
  }

  bytes(path: string): Buffer {
    return this.#inode(path).bytes;
  }

  put(path: string, bytes: Buffer): void {
    this.#in(dirname(path)).set(basename(path), { bytes, synced: bytes });
  }

  async makeFolder(path: string): Promise<void> {
    await this.#call('makeFolder', path);
    if (!this.#folders.has(path)) this.#folders.set(path, new Map());
    // The folder itself is assumed to exist: the spool makes folders before it accepts deliveries.
    if (!this.#durable.has(path)) this.#durable.set(path, new Map());
  }

  async list(folder: string): Promise<readonly string[]> {
    await this.#call('list', folder);
    return [...this.#in(folder).keys()];
  }

  async create(path: string): Promise<DiskFile> {
    await this.#call('create', path);
    if (this.#in(dirname(path)).has(basename(path))) throw failure('EEXIST');
    const inode: Inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.#change({ kind: 'link', path, inode });
    return {
      write: async (chunk) => {
        await this.#call('write', path);
        inode.bytes = Buffer.concat([inode.bytes, chunk]);
      },
      sync: async () => {
        await this.#call('sync', path);
        inode.synced = inode.bytes;
      },
      close: () => this.#call('close', path),
    };
  }

  async read(path: string, most: number): Promise<{ bytes: Buffer; size: number }> {
    await this.#call('read', path);
    const { bytes } = this.#inode(path);
    return { bytes: bytes.subarray(0, most), size: bytes.length };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename', from);
    this.#change({ kind: 'rename', from, to, inode: this.#inode(from) });
  }

  async remove(path: string): Promise<void> {
    await this.#call('remove', path);
    this.#inode(path);
    this.#change({ kind: 'unlink', path });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#call('syncFolder', path);
    const isOf = (change: Change): boolean =>
      dirname('path' in change ? change.path : change.to) === path ||
      ('from' in change && dirname(change.from) === path);
    for (const change of this.#pending.filter(isOf)) apply(this.#durable, change);
    this.#pending = this.#pending.filter((change) => !isOf(change));
  }

  #change(change: Change): void {
    apply(this.#folders, change);
    this.#pending.push(change);
  }

  /** Each call waits a turn of the event loop, so that other calls interleave. */
  async #call(call: string, path: string): Promise<void> {
    this.calls.push(`${call} ${basename(dirname(path))}/${basename(path)}`);
    if (!this.off) {
      const fault = this.fault(call, path, this.calls.length - 1);
      if (fault === 'power loss') this.off = true;
      else if (fault !== undefined) throw fault;
    }
    // For ever: nothing goes on once the machine is off.
    if (this.off) await new Promise(() => {});
    await Promise.resolve();
  }

  #in(folder: string): Names {
    const names = this.#folders.get(folder);
    if (names === undefined) throw failure('ENOENT');
    return names;
  }

  #inode(path: string): Inode {
    const inode = this.#in(dirname(path)).get(basename(path));
    if (inode === undefined) throw failure('ENOENT');
    return inode;
  }
}

/** As the system says it. */
export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: of the test`), { code });
}

function apply(folders: Map<string, Names>, change: Change): void {
  if (change.kind === 'link') folders.get(dirname(change.path))?.set(basename(change.path), change.inode);
  else if (change.kind === 'unlink') folders.get(dirname(change.path))?.delete(basename(change.path));
  else {
    const from = folders.get(dirname(change.from));
    if (from?.get(basename(change.from)) === change.inode) from.delete(basename(change.from));
    folders.get(dirname(change.to))?.set(basename(change.to), change.inode);
  }
}
