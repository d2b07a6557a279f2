import type { Report } from '../../events.ts';
import type { Chosen } from './listing.ts';
import type { Notices } from './notices.ts';
import type { Spooled } from './store/spooled-delivery.ts';
import type { CorruptFile, SpoolStore, UnreadableFile } from './store/store.ts';

/** Files that are reported one by one when the spool is opened; the rest is counted. */
const REPORTED = 10;

/**
 * The operator's part of the files that cannot be read. No method rejects: a failure of the disk is reported, and the
 * file stays listed.
 */
export class Unreadable {
  readonly #store: SpoolStore;
  readonly #notices: Notices;

  constructor(store: SpoolStore, notices: Notices) {
    this.#store = store;
    this.#notices = notices;
  }

  list(): readonly UnreadableFile[] {
    return this.#store.unreadable();
  }

  /** Reads the chosen files again; resolves with the deliveries that can be read now. */
  async recover(chosen: Chosen): Promise<readonly Spooled[]> {
    const recovered: Spooled[] = [];
    for (const file of this.#chosen(chosen)) {
      await this.#attempt(file, 'read', async () => {
        const spooled = await this.#store.recover(file.file);
        if (spooled !== null) recovered.push(spooled);
      });
    }
    return recovered;
  }

  /** Deletes the chosen files; resolves with how many. */
  async drop(chosen: Chosen): Promise<number> {
    let dropped = 0;
    for (const file of this.#chosen(chosen)) {
      await this.#attempt(file, 'remove', async () => {
        await this.#store.removeUnreadable(file.file);
        dropped += 1;
      });
    }
    return dropped;
  }

  #chosen(chosen: Chosen): readonly UnreadableFile[] {
    return this.list().filter(({ file, profile }) => {
      if ('ids' in chosen) return chosen.ids.includes(file);
      return 'all' in chosen || chosen.profile === profile;
    });
  }

  async #attempt(
    { profile }: UnreadableFile,
    action: 'read' | 'remove',
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#notices.reportFailed(profile ?? 'gwproxy', action, error);
    }
  }
}

/** Reports what a store found when it was opened: files that it moved aside, and how many cannot be read at all. */
export function reportUnreadable(
  report: Report,
  corrupt: readonly CorruptFile[],
  unreadable: readonly UnreadableFile[],
): void {
  for (const { file, reason } of corrupt.slice(0, REPORTED)) report({ type: 'spool.corrupt', file, reason });
  const [first] = unreadable;
  if (first === undefined) return;
  report({
    type: 'spool.unreadable',
    count: unreadable.length,
    newer: unreadable.filter(({ because }) => because === 'newer').length,
    file: first.path,
    reason: first.reason,
  });
}
