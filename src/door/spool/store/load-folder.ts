import { dirname } from 'node:path';
import { errorMessage } from '../../../util/errno.ts';
import type { Disk } from './disk.ts';
import { decodeEpitaph, type Epitaph } from './end-record.ts';
import { epitaphName, epitaphOf, isId, type Layout, type Place } from './layout.ts';
import { CorruptRecord, decodeHead, decodeRecord, LONGEST_LINE } from './record.ts';
import type { Dead, Spooled } from './spooled-delivery.ts';
import type { Corrupt, Found } from './store.ts';

/** Files that are looked at at once. */
const AT_ONCE = 16;

/**
 * Makes the spool's folders and reads what is in them. Whatever is no delivery is moved to `corrupt` and told of,
 * never a reason not to start. Rejects with the system's error where the folders themselves cannot be used.
 */
export async function load(layout: Layout, disk: Disk, now: number): Promise<Found> {
  await makeFolders(layout, disk);
  // Never acknowledged: it is not in `new`.
  const corrupt: Corrupt[] = [];
  for (const name of await disk.list(layout.folder('tmp'))) {
    await attempt(corrupt, name, () => disk.remove(layout.file('tmp', name)));
  }
  const spooled = await loadAll(layout, disk, 'new', corrupt);
  const living = new Set(spooled.map(({ id }) => id));
  const dead = await loadDead(layout, disk, living, corrupt, now);
  return { spooled, dead, corrupt };
}

/** Rejects with the system's error. Resolves when they outlive a power loss. */
export async function makeFolders(layout: Layout, disk: Disk): Promise<void> {
  await disk.makeFolder(layout.root);
  for (const name of ['tmp', 'new', 'dead', 'corrupt'] as const) await disk.makeFolder(layout.folder(name));
  await disk.syncFolder(layout.root);
  await disk.syncFolder(dirname(layout.root));
}

async function loadDead(
  layout: Layout,
  disk: Disk,
  living: ReadonlySet<string>,
  corrupt: Corrupt[],
  now: number,
): Promise<readonly Dead[]> {
  const names = new Set(await disk.list(layout.folder('dead')));
  for (const name of names) {
    // Left by a crash, or by a power loss that undid half a rename.
    const id = epitaphOf(name);
    const isStray = id === undefined ? living.has(name) : living.has(id) || !names.has(id);
    if (isStray) await attempt(corrupt, name, () => disk.remove(layout.file('dead', name)));
  }
  const found = await loadAll(layout, disk, 'dead', corrupt);
  const dead: Dead[] = [];
  for (const spooled of found) {
    const name = epitaphName(spooled.id);
    let epitaph: Epitaph | null = null;
    await attempt(corrupt, name, async () => {
      if (names.has(name)) epitaph = await readEpitaph(layout, disk, spooled.id);
    });
    dead.push({ ...spooled, ...(epitaph ?? { end: null, diedAt: now, tries: 0, lastStatus: null }) });
  }
  return dead;
}

async function readEpitaph(layout: Layout, disk: Disk, id: string): Promise<Epitaph | null> {
  const { bytes } = await disk.read(layout.epitaph('dead', id), LONGEST_LINE);
  return decodeEpitaph(bytes);
}

async function loadAll(
  layout: Layout,
  disk: Disk,
  place: Place,
  corrupt: Corrupt[],
): Promise<readonly Spooled[]> {
  const names = (await disk.list(layout.folder(place)))
    .filter((name) => epitaphOf(name) === undefined)
    .sort();
  const found: Spooled[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const looked = await Promise.all(some.map((name) => look(layout, disk, place, name)));
    for (const one of looked) {
      if ('reason' in one) corrupt.push(one);
      else found.push(one);
    }
  }
  return found;
}

async function look(layout: Layout, disk: Disk, place: Place, name: string): Promise<Spooled | Corrupt> {
  try {
    if (!isId(name)) throw new CorruptRecord('its name is not one of the spool’s');
    const { bytes, size } = await disk.read(layout.file(place, name), LONGEST_LINE);
    // The body of a long one is looked at when it is sent.
    return bytes.length === size ? decodeRecord(name, bytes).spooled : decodeHead(name, bytes, size);
  } catch (error) {
    return { file: name, reason: await setAside(layout, disk, place, name, errorMessage(error)) };
  }
}

/** Moves what is no delivery out of the way, and says what became of it. */
export async function setAside(
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

/** One file that cannot be read or removed is told of; what else there is goes on. */
async function attempt(corrupt: Corrupt[], file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    corrupt.push({ file, reason: errorMessage(error) });
  }
}
