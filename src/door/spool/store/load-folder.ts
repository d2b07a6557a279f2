import { dirname } from 'node:path';
import { errorMessage } from '../../../util/errno.ts';
import type { Disk } from './disk.ts';
import { decodeEndRecord, type EndRecord } from './end-record.ts';
import { endRecordName, idOfEndRecord, type Layout, type Place } from './layout.ts';
import { isUnreadable, moveToCorrupt, readSpoolFile } from './read-file.ts';
import { LONGEST_LINE } from './record.ts';
import type { DeadLetter, Spooled } from './spooled-delivery.ts';
import type { CorruptFile, StoreContents, UnreadableFile } from './store.ts';

/** How many files are read concurrently. */
const AT_ONCE = 16;

/**
 * Makes the spool's folders and reads the deliveries in them, those that an older gwproxy moved to `corrupt` included.
 * A damaged file is moved to `corrupt`; one that a newer gwproxy wrote, or that the disk does not give, is left where it
 * is. None of them prevents the start. Rejects with the system's error if the folders cannot be used.
 */
export async function loadFolder(layout: Layout, disk: Disk, now: number): Promise<StoreContents> {
  const found: Found = { layout, disk, corrupt: [], unreadable: [] };
  await makeFolders(layout, disk);
  // A delivery that is only in `tmp` was never acknowledged.
  for (const name of await disk.list(layout.folder('tmp'))) {
    await attempt(found, name, () => disk.remove(layout.file('tmp', name)));
  }
  await recoverCorrupt(found);
  const spooled = await loadAll(found, 'new');
  const inNew = new Set(await disk.list(layout.folder('new')));
  const dead = await loadDead(found, inNew, now);
  const { corrupt, unreadable } = found;
  return { spooled, dead, corrupt, unreadable };
}

/** What is found on the way, beside the deliveries. */
interface Found {
  readonly layout: Layout;
  readonly disk: Disk;
  readonly corrupt: CorruptFile[];
  readonly unreadable: UnreadableFile[];
}

/**
 * Moves what can be read by now out of `corrupt`: an older gwproxy set files of another format aside, and an operator
 * may have mended one.
 */
async function recoverCorrupt(found: Found): Promise<void> {
  const { layout, disk } = found;
  const names = await disk.list(layout.folder('corrupt'));
  if (names.length === 0) return;
  const taken = new Set([
    ...(await disk.list(layout.folder('new'))),
    ...(await disk.list(layout.folder('dead'))),
  ]);
  for (const name of names) {
    const read = await readSpoolFile(found, 'corrupt', name, 'whole');
    if (read === null) continue;
    if (isUnreadable(read)) found.unreadable.push(read);
    else if (!taken.has(name)) {
      await attempt(found, name, () => disk.rename(layout.file('corrupt', name), layout.file('new', name)));
    }
  }
  await disk.syncFolder(layout.folder('new'));
}

/** Makes the folders. Resolves when they outlive a power loss; rejects with the system's error. */
export async function makeFolders(layout: Layout, disk: Disk): Promise<void> {
  await disk.makeFolder(layout.root);
  for (const name of ['tmp', 'new', 'dead', 'corrupt'] as const) await disk.makeFolder(layout.folder(name));
  await disk.syncFolder(layout.root);
  await disk.syncFolder(dirname(layout.root));
}

async function loadDead(
  found: Found,
  inNew: ReadonlySet<string>,
  now: number,
): Promise<readonly DeadLetter[]> {
  const { layout, disk } = found;
  const names = new Set(await disk.list(layout.folder('dead')));
  for (const name of names) {
    // Leftovers of a crash, or of a power loss that undid half a rename: the delivery itself is in `new`.
    const id = idOfEndRecord(name);
    const isStray = id === undefined ? inNew.has(name) : inNew.has(id) || !names.has(id);
    if (isStray) await attempt(found, name, () => disk.remove(layout.file('dead', name)));
  }
  const dead: DeadLetter[] = [];
  for (const spooled of await loadAll(found, 'dead')) {
    const name = endRecordName(spooled.id);
    let endRecord: EndRecord | null = null;
    await attempt(found, name, async () => {
      if (names.has(name)) endRecord = await readEndRecord(layout, disk, spooled.id);
    });
    dead.push({ ...spooled, ...(endRecord ?? { end: null, diedAt: now, tries: 0, lastStatus: null }) });
  }
  return dead;
}

async function readEndRecord(layout: Layout, disk: Disk, id: string): Promise<EndRecord | null> {
  const { bytes } = await disk.read(layout.endRecord('dead', id), LONGEST_LINE);
  return decodeEndRecord(bytes);
}

async function loadAll(found: Found, place: Place): Promise<readonly Spooled[]> {
  const { layout, disk } = found;
  const names = (await disk.list(layout.folder(place)))
    .filter((name) => idOfEndRecord(name) === undefined)
    .sort();
  const spooled: Spooled[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const batch = names.slice(at, at + AT_ONCE);
    const read = await Promise.all(batch.map((name) => readSpoolFile(found, place, name, 'head')));
    for (const one of read) {
      if (one === null) continue;
      if (isUnreadable(one)) await setAside(found, one);
      else spooled.push(one);
    }
  }
  return spooled;
}

async function setAside(found: Found, file: UnreadableFile): Promise<void> {
  if (file.because !== 'damaged') {
    found.unreadable.push(file);
    return;
  }
  const moved = await moveToCorrupt(found, file);
  found.unreadable.push(moved);
  found.corrupt.push({ file: moved.file, reason: moved.reason });
}

/** Runs the action for one file; a failure is recorded, and the other files are loaded all the same. */
async function attempt({ corrupt }: Found, file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    corrupt.push({ file, reason: errorMessage(error) });
  }
}
