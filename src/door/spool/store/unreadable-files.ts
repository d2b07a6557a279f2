import type { SpoolBudget } from './budget.ts';
import type { Disk } from './disk.ts';
import type { Layout } from './layout.ts';
import { isUnreadable, readSpoolFile } from './read-file.ts';
import type { Spooled } from './spooled-delivery.ts';
import type { UnreadableFile } from './store.ts';

interface UnreadableFilesOptions {
  readonly layout: Layout;
  readonly disk: Disk;
  /** The files count, since they take the disk's space until the operator drops them. */
  readonly budget: SpoolBudget;
}

/** The files of the spool that cannot be read: nothing but the operator removes them. */
export class UnreadableFiles {
  readonly #options: UnreadableFilesOptions;
  readonly #files = new Map<string, UnreadableFile>();

  constructor(options: UnreadableFilesOptions) {
    this.#options = options;
  }

  add(file: UnreadableFile): void {
    this.#files.set(file.file, file);
    this.#options.budget.acquire(file.profile ?? '', file.bytes ?? 0);
  }

  list(): readonly UnreadableFile[] {
    return [...this.#files.values()].sort((one, other) => (one.file < other.file ? -1 : 1));
  }

  /** Reads a file again and moves it to `new`, whose names the caller syncs; null if it still cannot be read. */
  async recover(file: string): Promise<Spooled | null> {
    const { layout, disk } = this.#options;
    const known = this.#take(file);
    if (known === undefined) return null;
    const { place, path } = known;
    try {
      const read = await readSpoolFile(this.#options, place, file, 'whole');
      if (read === null) return null;
      if (isUnreadable(read)) {
        this.add(read);
        return null;
      }
      if (place !== 'new') await disk.rename(path, layout.file('new', file));
      return read;
    } catch (error) {
      this.add(known);
      throw error;
    }
  }

  /** Deletes a file, and resolves with the folder that the caller syncs; null if there is no such file. */
  async remove(file: string): Promise<UnreadableFile['place'] | null> {
    const known = this.#take(file);
    if (known === undefined) return null;
    try {
      await this.#options.disk.remove(known.path);
    } catch (error) {
      this.add(known);
      throw error;
    }
    return known.place;
  }

  /** Takes a file off the list, so that two commands at once do not both move it. */
  #take(file: string): UnreadableFile | undefined {
    const known = this.#files.get(file);
    if (known === undefined) return undefined;
    this.#files.delete(file);
    this.#options.budget.release(known.profile ?? '', known.bytes ?? 0);
    return known;
  }
}
