import { dirname } from 'node:path';
import { errorMessage } from '../../../util/errno.ts';
import type { Disk } from './disk.ts';
import { decodeEndRecord, type EndRecord } from './end-record.ts';
import { endRecordName, idOfEndRecord, isId, type Layout, type Place } from './layout.ts';
import { CorruptRecord, decodeHead, decodeRecord, LONGEST_LINE } from './record.ts';
import type { DeadLetter, Spooled } from './spooled-delivery.ts';
import type { CorruptFile, StoreContents } from './store.ts';

/** How many files are read concurrently. */
const AT_ONCE = 16;

/**
 * Makes the spool's folders and reads the deliveries in them. A file that is no delivery is moved to `corrupt` and
 * returned as such; it never prevents the start. Rejects with the system's error if the folders cannot be used.
 */
export async function loadFolder(layout: Layout, disk: Disk, now: number): Promise<StoreContents> {
  await makeFolders(layout, disk);
  // A delivery that is only in `tmp` was never acknowledged.
  const corrupt: CorruptFile[] = [];
  for (const name of await disk.list(layout.folder('tmp'))) {
    await attempt(corrupt, name, () => disk.remove(layout.file('tmp', name)));
  }
  const spooled = await loadAll(layout, disk, 'new', corrupt);
  const inNew = new Set(spooled.map(({ id }) => id));
  const dead = await loadDead(layout, disk, inNew, corrupt, now);
  return { spooled, dead, corrupt };
}

/** Makes the folders. Resolves when they outlive a power loss; rejects with the system's error. */
export async function makeFolders(layout: Layout, disk: Disk): Promise<void> {
  await disk.makeFolder(layout.root);
  for (const name of ['tmp', 'new', 'dead', 'corrupt'] as const) await disk.makeFolder(layout.folder(name));
  await disk.syncFolder(layout.root);
  await disk.syncFolder(dirname(layout.root));
}

async function loadDead(
  layout: Layout,
  disk: Disk,
  inNew: ReadonlySet<string>,
  corrupt: CorruptFile[],
  now: number,
): Promise<readonly DeadLetter[]> {
  const names = new Set(await disk.list(layout.folder('dead')));
  for (const name of names) {
    // Leftovers of a crash, or of a power loss that undid half a rename: the delivery itself is in `new`.
    const id = idOfEndRecord(name);
    const isStray = id === undefined ? inNew.has(name) : inNew.has(id) || !names.has(id);
    if (isStray) await attempt(corrupt, name, () => disk.remove(layout.file('dead', name)));
  }
  const found = await loadAll(layout, disk, 'dead', corrupt);
  const dead: DeadLetter[] = [];
  for (const spooled of found) {
    const name = endRecordName(spooled.id);
    let endRecord: EndRecord | null = null;
    await attempt(corrupt, name, async () => {
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

async function loadAll(
  layout: Layout,
  disk: Disk,
  place: Place,
  corrupt: CorruptFile[],
): Promise<readonly Spooled[]> {
  const names = (await disk.list(layout.folder(place)))
    .filter((name) => idOfEndRecord(name) === undefined)
    .sort();
  const found: Spooled[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const batch = names.slice(at, at + AT_ONCE);
    const read = await Promise.all(batch.map((name) => readFile(layout, disk, place, name)));
    for (const one of read) {
      if ('reason' in one) corrupt.push(one);
      else found.push(one);
    }
  }
  return found;
}

async function readFile(
  layout: Layout,
  disk: Disk,
  place: Place,
  name: string,
): Promise<Spooled | CorruptFile> {
  try {
    if (!isId(name)) throw new CorruptRecord('its name is not one of the spool’s');
    const { bytes, size } = await disk.read(layout.file(place, name), LONGEST_LINE);
    // The body of a longer file is checked when it is sent.
    return bytes.length === size ? decodeRecord(name, bytes).spooled : decodeHead(name, bytes, size);
  } catch (error) {
    return { file: name, reason: await moveToCorrupt(layout, disk, place, name, errorMessage(error)) };
  }
}

/**
 * Moves a file that is no delivery to `corrupt`. Resolves with the reason, extended by the error if the file cannot
 * be moved.
 */
export async function moveToCorrupt(
  layout: Layout,
  disk: Disk,
  place: Place,
  name: string,
  reason: string,
): Promise<string> {
  try {
    await disk.rename(layout.file(place, name), layout.file('corrupt', name));
    return reason;
  } catch (error) {
    return `${reason}; and it cannot be moved: ${errorMessage(error)}`;
  }
}

/** Runs the action for one file; a failure is recorded, and the other files are loaded all the same. */
async function attempt(corrupt: CorruptFile[], file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    corrupt.push({ file, reason: errorMessage(error) });
  }
}
