import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { timeOfLine } from '../../logs/log-line.ts';
import { logTarget } from '../../logs/log-target.ts';
import { MOVE_NOTICED_WITHIN } from '../../logs/open.ts';
import { listRotated, type Rotated, stampOf } from '../../logs/rotated.ts';
import { errorMessage, hasCode } from '../../util/errno.ts';
import { createLines, type Lines } from '../../util/lines.ts';
import { lastLineEnd, lastLines, lastOfRotated, readExactly, STORED_LINE_BYTES } from './tail.ts';

const READ_BYTES = 64 * 1024;
/** Without O_NONBLOCK the open of a FIFO waits for its writer; Windows has no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Bytes that one `readNew` reads at most, since their lines are in memory at once. */
const MAX_ROUND_BYTES = 1024 * 1024;
const SETTLE_TRIES = 5;
/** So many first bytes tell two files apart, since a stored line begins with its time. */
const HEAD_BYTES = 64;
const NO_BYTES: Buffer = Buffer.alloc(0);
/** ms after which a file that another program moved has no writer any more. */
const ABANDONED_AFTER_MS = MOVE_NOTICED_WITHIN + 500;

interface OpenLog {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly ino: number;
}

/**
 * Follows one log file by its path, while it is rotated, truncated, deleted and created again, or before it exists. A
 * rotated file that cannot be read is reported to `trouble` and skipped; so is, once, a path that leads to no file.
 */
export class LogFollower {
  readonly path: string;
  readonly #trouble: (text: string) => void;
  #open: OpenLog | undefined;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  #offset = 0;
  #found: string[] = [];
  readonly #lines: Lines = createLines((line) => this.#found.push(line), STORED_LINE_BYTES);
  /** The stamp of the newest rotated file when the open file was opened; later stamps are unread files. */
  #newest = '';
  /** The first bytes of the open file, by which a truncated and rewritten file is recognised. */
  #head: Buffer = NO_BYTES;
  /** Since when the path has not led to the open file. */
  #goneAt: number | null = null;
  /** Epoch ms; lines before the first one of that time are skipped. */
  #after: number | null = null;
  #isNoFileReported = false;
  readonly #now: () => number;

  /** `now` in ms, from any origin. */
  constructor(path: string, trouble: (text: string) => void, now: () => number = () => performance.now()) {
    this.path = path;
    this.#trouble = trouble;
    this.#now = now;
  }

  /** The last `count` lines, with those of rotated files if needed. `readNew` goes on after them. */
  async readLast(count: number): Promise<readonly string[]> {
    await this.close();
    const older = await this.#attach();
    let lines: readonly string[] = [];
    if (this.#open !== undefined) {
      const { handle } = this.#open;
      this.#offset = await lastLineEnd(handle, (await handle.stat()).size);
      lines = await lastLines(handle, this.#offset, count);
      await this.#remember(handle, this.#offset);
    }
    for (const rotated of older.toReversed()) {
      if (lines.length >= count) break;
      lines = [...(await this.#whole(rotated, count - lines.length)), ...lines];
    }
    return lines;
  }

  /**
   * Lets `readNew` begin with the first line that was written at `time` (epoch ms) or later, in a rotated file if need be.
   * Call it before anything is read.
   */
  startFrom(time: number): void {
    this.#newest = stampOf(time);
    this.#after = time;
  }

  /** The whole lines that were added since the last call; empty if there are none for now. */
  async readNew(): Promise<readonly string[]> {
    for (;;) {
      const atEnd = this.#open === undefined ? await this.#next() : await this.#goOn(this.#open);
      const found = this.#taken();
      if (found.length > 0 || atEnd) return found;
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.handle.close();
  }

  /** Stores the first bytes of the open file, up to `end`. */
  async #remember(handle: FileHandle, end: number): Promise<void> {
    this.#head = await readExactly(handle, 0, Math.min(end, HEAD_BYTES));
  }

  /** Reads on in the open file, or in the files that replaced it; true when all is read. */
  async #goOn(open: OpenLog): Promise<boolean> {
    if (await this.#isCut(open)) this.#rewind();
    if (!(await this.#readOn(open))) return false;
    const now = await stat(this.path).catch(nullIfMissing);
    if (now !== null && now.ino === open.ino && now.dev === open.dev) {
      this.#goneAt = null;
      return true;
    }
    if (!this.#isLeft(now)) return true;
    // The last lines may have been written between the read above and the rename.
    return (await this.#readOn(open)) && this.#next();
  }

  /** True if the open file, which its path no longer leads to, has no writer any more. `now`: the path's file. */
  #isLeft(now: Stats | null): boolean {
    // A writer closes the old file before it writes to the new one.
    if (now !== null && now.size > 0) return true;
    this.#goneAt ??= this.#now();
    return this.#now() - this.#goneAt >= ABANDONED_AFTER_MS;
  }

  /** True if the file was truncated, even if as much was written to it since. */
  async #isCut({ handle }: OpenLog): Promise<boolean> {
    if ((await handle.stat()).size < this.#offset) return true;
    return !(await readExactly(handle, 0, this.#head.length)).equals(this.#head);
  }

  #rewind(): void {
    this.#offset = 0;
    this.#head = NO_BYTES;
    this.#lines.discard();
  }

  #taken(): readonly string[] {
    const found = this.#found;
    this.#found = [];
    const after = this.#after;
    if (after === null) return found;
    const first = found.findIndex((line) => (timeOfLine(line) ?? 0) >= after);
    if (first === -1) return [];
    this.#after = null;
    return found.slice(first);
  }

  /** Reads the files that were rotated since, and opens the one that is at the path now; true when all is read. */
  async #next(): Promise<boolean> {
    const newest = this.#newest;
    const gone = this.#open;
    const rotated = await this.#attach();
    const since = rotated.filter(({ stamp }) => stamp > newest);
    if (gone !== undefined) {
      this.#lines.end();
      if (await isRenamedFrom(gone, since[0])) since.shift();
      await gone.handle.close();
    }
    for (const file of since) this.#found.push(...(await this.#whole(file, Number.MAX_SAFE_INTEGER)));
    return this.#open === undefined || this.#readOn(this.#open);
  }

  /** Opens the file at the path, if there is one; returns the rotated files beside it, oldest first. */
  async #attach(): Promise<readonly Rotated[]> {
    for (let tries = 1; ; tries += 1) {
      // The links may lead elsewhere by now.
      const { path, rotatable } = await logTarget(this.path);
      const before = await rotatedOnce(path);
      const handle = rotatable ? await this.#openFile(path) : this.#noFile();
      const after = await rotatedOnce(path);
      if (before.at(-1)?.stamp !== after.at(-1)?.stamp && tries < SETTLE_TRIES) {
        await handle?.close();
        continue;
      }
      this.#newest = after.at(-1)?.stamp ?? '';
      this.#goneAt = null;
      this.#offset = 0;
      this.#head = NO_BYTES;
      this.#open = undefined;
      const found = await handle?.stat();
      if (handle !== null && found?.isFile()) {
        this.#open = { handle, dev: found.dev, ino: found.ino };
      } else await handle?.close();
      return after;
    }
  }

  /** Null for what is no regular file: opening a pipe would take its lines from its reader. */
  async #openFile(path: string): Promise<FileHandle | null> {
    const found = await stat(path).catch(nullIfMissing);
    if (found !== null && !found.isFile()) return this.#noFile();
    return open(path, READ).catch(nullIfMissing);
  }

  #noFile(): null {
    if (!this.#isNoFileReported)
      this.#trouble(`${this.path} is no regular file: what goes there is not shown here`);
    this.#isNoFileReported = true;
    return null;
  }

  async #whole(rotated: Rotated, count: number): Promise<readonly string[]> {
    try {
      return await lastOfRotated(rotated, count);
    } catch (error) {
      const compressed = { ...rotated, path: `${rotated.path}.gz`, compressed: true };
      if (isMissing(error) && !rotated.compressed) return this.#whole(compressed, count);
      // A missing file was deleted meanwhile, because of its age.
      if (!isMissing(error)) this.#trouble(`${rotated.path} cannot be read: ${errorMessage(error)}`);
      return [];
    }
  }

  /** True at the end of the file. */
  async #readOn({ handle }: OpenLog): Promise<boolean> {
    for (let read = 0; read < MAX_ROUND_BYTES; ) {
      const { bytesRead } = await handle.read(this.#bytes, 0, READ_BYTES, this.#offset);
      if (bytesRead === 0) return true;
      if (this.#offset < HEAD_BYTES) await this.#remember(handle, this.#offset + bytesRead);
      this.#offset += bytesRead;
      read += bytesRead;
      // A copy, because a line's beginning is stored until its end comes.
      this.#lines.push(Buffer.from(this.#bytes.subarray(0, bytesRead)));
    }
    return false;
  }
}

/** True if the rotated file is the one that was open; it may be compressed by now. */
async function isRenamedFrom(gone: OpenLog, rotated: Rotated | undefined): Promise<boolean> {
  if (rotated === undefined) return false;
  const found = rotated.compressed ? null : await stat(rotated.path).catch(nullIfMissing);
  if (found !== null) return found.ino === gone.ino && found.dev === gone.dev;
  // A compressed file's original is deleted; a file that another program moved still exists.
  return (await gone.handle.stat()).nlink === 0;
}

/** One entry for each stamp: while a file is being compressed, it exists in both forms. */
async function rotatedOnce(path: string): Promise<readonly Rotated[]> {
  const { rotated } = await listRotated(path);
  return rotated.filter(({ stamp }, at) => stamp !== rotated[at - 1]?.stamp);
}

function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}
