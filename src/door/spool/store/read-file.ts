import { errorMessage, hasCode } from '../../../util/errno.ts';
import type { Disk } from './disk.ts';
import { isId, type Layout } from './layout.ts';
import { CorruptRecord, decodeHead, decodeRecord, LONGEST_LINE, NewerRecord, profileIn } from './record.ts';
import type { Spooled } from './spooled-delivery.ts';
import type { UnreadableFile } from './store.ts';

/** head: the body of a file above LONGEST_LINE is checked when it is sent. whole: its digest is checked now. */
type Extent = 'head' | 'whole';

/**
 * Reads a file and says what it is; null if it does not exist (any more). Moves nothing, and rejects for no state of
 * the disk.
 */
export async function readSpoolFile(
  { layout, disk }: { readonly layout: Layout; readonly disk: Disk },
  place: UnreadableFile['place'],
  file: string,
  extent: Extent,
): Promise<Spooled | UnreadableFile | null> {
  const path = layout.file(place, file);
  let profile: string | null = null;
  let bytes: number | null = null;
  const unreadable = (because: UnreadableFile['because'], reason: string): UnreadableFile => ({
    file,
    place,
    path,
    profile,
    because,
    reason,
    bytes,
  });
  if (!isId(file)) return unreadable('damaged', 'its name is not one of the spool’s');
  try {
    const most = extent === 'head' ? LONGEST_LINE : Number.MAX_SAFE_INTEGER;
    const read = await disk.read(path, most);
    bytes = read.size;
    profile = profileIn(read.bytes);
    return read.bytes.length === read.size
      ? (await decodeRecord(file, read.bytes)).spooled
      : decodeHead(file, read.bytes, read.size);
  } catch (error) {
    if (error instanceof CorruptRecord) return unreadable('damaged', error.message);
    if (error instanceof NewerRecord) return unreadable('newer', error.message);
    return hasCode(error, 'ENOENT') ? null : unreadable('disk', errorMessage(error));
  }
}

export function isUnreadable(read: Spooled | UnreadableFile): read is UnreadableFile {
  return 'because' in read;
}

/** Moves a damaged file to `corrupt`. If it cannot be moved, it stays, and the reason says so. */
export async function moveToCorrupt(
  { layout, disk }: { readonly layout: Layout; readonly disk: Disk },
  damaged: UnreadableFile,
): Promise<UnreadableFile> {
  const { file, path, reason } = damaged;
  const to = layout.file('corrupt', file);
  try {
    await disk.rename(path, to);
    return { ...damaged, place: 'corrupt', path: to };
  } catch (error) {
    return { ...damaged, reason: `${reason}; and it cannot be moved: ${errorMessage(error)}` };
  }
}
