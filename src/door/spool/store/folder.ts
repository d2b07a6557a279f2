import { errorMessage, hasCode } from '../../../util/errno.ts';
import { SpoolBudget, type SpoolLimits } from './budget.ts';
import type { Disk } from './disk.ts';
import { encodeEndRecord } from './end-record.ts';
import { idOf, isId, Layout, numberOf, type Place } from './layout.ts';
import { loadFolder, makeFolders } from './load-folder.ts';
import { moveToCorrupt } from './read-file.ts';
import { CorruptRecord, decodeRecord, encodeRecord } from './record.ts';
import { SpoolRefused } from './refused.ts';
import { SharedSync } from './shared-sync.ts';
import type { EndReason, Spooled, SpoolRequest, Tries } from './spooled-delivery.ts';
import type { PendingPut, SpoolStore, StoreContents, UnreadableFile } from './store.ts';
import { UnreadableFiles } from './unreadable-files.ts';

export interface FolderStoreOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly limits: SpoolLimits;
  /** Epoch ms. */
  readonly now: () => number;
}

interface StoredFile {
  readonly profile: string;
  readonly bytes: number;
  place: Place;
}

/**
 * Stores deliveries in a folder like a maildir (https://cr.yp.to/proto/maildir.html): a delivery is written to `tmp`
 * and synced, renamed into `new`, and `new` is synced; only then is it durable. Dead letters are in `dead` with their
 * end records, damaged files in `corrupt`.
 */
export class FolderStore implements SpoolStore {
  readonly #disk: Disk;
  readonly #now: () => number;
  readonly #layout: Layout;
  readonly #budget: SpoolBudget;
  readonly #unreadable: UnreadableFiles;
  readonly #files = new Map<string, StoredFile>();
  readonly #syncs: { readonly [Name in Place]: SharedSync };
  #last = 0;

  constructor({ folder, disk, limits, now }: FolderStoreOptions) {
    const layout = new Layout(folder);
    this.#disk = disk;
    this.#now = now;
    this.#layout = layout;
    this.#budget = new SpoolBudget(limits);
    this.#unreadable = new UnreadableFiles({ layout, disk, budget: this.#budget });
    this.#syncs = {
      new: new SharedSync(() => disk.syncFolder(layout.folder('new'))),
      dead: new SharedSync(() => disk.syncFolder(layout.folder('dead'))),
    };
  }

  async open(): Promise<StoreContents> {
    const found = await loadFolder(this.#layout, this.#disk, this.#now());
    for (const one of found.spooled) this.#track(one, 'new');
    for (const one of found.dead) this.#track(one, 'dead');
    for (const one of found.unreadable) this.#addUnreadable(one);
    return found;
  }

  put(request: SpoolRequest): PendingPut {
    const { spooled, chunks } = encodeRecord(this.#nextId(), request);
    if (!this.#budget.tryAcquire(spooled.profile, spooled.bytes)) throw new SpoolRefused('full');
    return { spooled, durable: this.#store(spooled, chunks) };
  }

  async read(id: string): Promise<SpoolRequest> {
    const path = this.#layout.file('new', id);
    try {
      const { bytes } = await this.#disk.read(path, Number.MAX_SAFE_INTEGER);
      return (await decodeRecord(id, bytes)).request;
    } catch (error) {
      // Another program removed it, so it can never be read.
      if (isAbsent(error)) this.#forget(id);
      if (isAbsent(error)) throw new CorruptRecord('its file is gone', { cause: error });
      if (!(error instanceof CorruptRecord)) throw error;
      throw new CorruptRecord(await this.#setAside(id, path, error.message), { cause: error });
    }
  }

  async remove(id: string): Promise<void> {
    const place = this.#files.get(id)?.place ?? 'new';
    await this.#disk.remove(this.#layout.file(place, id));
    this.#forget(id);
    if (place === 'dead') await this.#disk.remove(this.#layout.endRecord('dead', id)).catch(unlessAbsent);
    await this.#syncs[place].request();
  }

  async moveToDead(
    id: string,
    how: Tries & { readonly end: EndReason; readonly diedAt: number },
  ): Promise<void> {
    const draft = this.#layout.endRecord('tmp', id);
    await this.#write(draft, [encodeEndRecord(how)]);
    await this.#disk.rename(draft, this.#layout.endRecord('dead', id));
    await this.#disk.rename(this.#layout.file('new', id), this.#layout.file('dead', id));
    this.#setPlace(id, 'dead');
    // `dead` first, so that a power loss at any moment leaves the delivery in one of them.
    await this.#syncs.dead.request();
    await this.#syncs.new.request();
  }

  async moveToNew(id: string): Promise<void> {
    // If `moveToDead` failed, the file never left `new`.
    if (this.#files.get(id)?.place !== 'dead') return;
    await this.#disk.rename(this.#layout.file('dead', id), this.#layout.file('new', id));
    this.#setPlace(id, 'new');
    await this.#syncs.new.request();
    await this.#disk.remove(this.#layout.endRecord('dead', id)).catch(unlessAbsent);
    await this.#syncs.dead.request();
  }

  unreadable(): readonly UnreadableFile[] {
    return this.#unreadable.list();
  }

  async recover(file: string): Promise<Spooled | null> {
    const spooled = await this.#unreadable.recover(file);
    if (spooled === null) return null;
    this.#track(spooled, 'new');
    await this.#syncs.new.request();
    return spooled;
  }

  async removeUnreadable(file: string): Promise<void> {
    const place = await this.#unreadable.remove(file);
    if (place !== null) await this.#disk.syncFolder(this.#layout.folder(place));
  }

  async #store(spooled: Spooled, chunks: readonly Buffer[]): Promise<void> {
    const { id, profile, bytes } = spooled;
    const draft = this.#layout.file('tmp', id);
    let at = draft;
    try {
      await this.#writeToNew(id, chunks).catch(async (error: unknown) => {
        unlessAbsent(error);
        // The folders were removed. Deliveries that were in them are reported as corrupt when their turn comes.
        await makeFolders(this.#layout, this.#disk);
        await this.#disk.remove(draft).catch(unlessAbsent);
        await this.#writeToNew(id, chunks);
      });
      at = this.#layout.file('new', id);
      await this.#syncs.new.request();
    } catch (cause) {
      this.#budget.release(profile, bytes);
      throw new SpoolRefused('disk', await this.#withdraw(at, cause));
    }
    this.#files.set(id, { profile, bytes, place: 'new' });
  }

  async #writeToNew(id: string, chunks: readonly Buffer[]): Promise<void> {
    const draft = this.#layout.file('tmp', id);
    await this.#write(draft, chunks);
    await this.#disk.rename(draft, this.#layout.file('new', id));
  }

  /** Writes and syncs a new file; its folder is not synced yet. */
  async #write(path: string, chunks: readonly Buffer[]): Promise<void> {
    const file = await this.#disk.create(path);
    try {
      for (const chunk of chunks) await file.write(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /**
   * Removes the file of a delivery that did not become durable, and returns the cause. If that fails too, the next
   * start deletes the file from `tmp`, or delivers it from `new`: its sender got 503 and repeats it, so it may arrive
   * twice but is never lost.
   */
  async #withdraw(path: string, cause: unknown): Promise<unknown> {
    try {
      await this.#disk.remove(path).catch(unlessAbsent);
      return cause;
    } catch (error) {
      const why = errorMessage(cause);
      return new AggregateError([cause, error], why);
    }
  }

  #track({ id, profile, bytes }: Spooled, place: Place): void {
    this.#files.set(id, { profile, bytes, place });
    this.#budget.acquire(profile, bytes);
    this.#last = Math.max(this.#last, numberOf(id));
  }

  #addUnreadable(file: UnreadableFile): void {
    this.#unreadable.add(file);
    // No later delivery gets the same id, whatever the clock says.
    if (isId(file.file)) this.#last = Math.max(this.#last, numberOf(file.file));
  }

  /** Moves a damaged file to `corrupt`; resolves with the reason. */
  async #setAside(id: string, path: string, reason: string): Promise<string> {
    const known = this.#files.get(id);
    this.#forget(id);
    const { profile = null, bytes = null } = known ?? {};
    const moved = await moveToCorrupt(
      { layout: this.#layout, disk: this.#disk },
      { file: id, place: 'new', path, profile, because: 'damaged', reason, bytes },
    );
    this.#addUnreadable(moved);
    return moved.reason;
  }

  #setPlace(id: string, place: Place): void {
    const file = this.#files.get(id);
    if (file !== undefined) file.place = place;
  }

  #forget(id: string): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    this.#files.delete(id);
    this.#budget.release(file.profile, file.bytes);
  }

  /**
   * An id made from the clock, so that none is used again after a restart. It is above the last one even if the clock
   * was set back.
   */
  #nextId(): string {
    this.#last = Math.max(this.#last + 1, this.#now() * 1000);
    return idOf(this.#last);
  }
}

function unlessAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

function isAbsent(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}
