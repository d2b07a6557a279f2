import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { timeOfLine } from '../../logs/log-line.ts';
import { MOVE_NOTICED_WITHIN } from '../../logs/open.ts';
import { listRotated, type Rotated, stampOf } from '../../logs/rotated.ts';
import { errorMessage, hasCode } from '../../util/errno.ts';
import { createLines, type Lines } from '../../util/lines.ts';
import { lastLineEnd, lastLines, lastOfRotated, readExactly, STORED_LINE_BYTES } from './tail.ts';

const READ_BYTES = 64 * 1024;
/** A FIFO would otherwise wait for its writer; on Windows there is no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Lines of one look are held at once; what is more comes with the next. */
const MAX_ROUND_BYTES = 1024 * 1024;
const SETTLE_TRIES = 5;
/** A stored line begins with its time, so that no two files begin alike. */
const HEAD_BYTES = 64;
const NO_BYTES: Buffer = Buffer.alloc(0);
/** ms after which no writer is left at a file that others moved. */
const ABANDONED_AFTER_MS = MOVE_NOTICED_WITHIN + 500;

interface OpenLog {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly ino: number;
}

/**
 * One log file, followed wherever it goes: rotated, cut short, deleted, made anew, or not there yet. What cannot be read
 * is told to `trouble`, and left out.
 */
export class LogFollower {
  readonly path: string;
  readonly #trouble: (text: string) => void;
  #open: OpenLog | undefined;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  #offset = 0;
  #found: string[] = [];
  readonly #lines: Lines = createLines((line) => this.#found.push(line), STORED_LINE_BYTES);
  /** The newest rotated file when this one was opened; those behind it came later. */
  #newest = '';
  /** What the file began with when it was read. */
  #head: Buffer = NO_BYTES;
  /** Since when the path no longer leads to what is open. */
  #goneAt: number | null = null;
  /** Until a line is as young, none is told. */
  #after: number | null = null;
  readonly #now: () => number;

  /** `now` in ms, from whenever. */
  constructor(path: string, trouble: (text: string) => void, now: () => number = () => performance.now()) {
    this.path = path;
    this.#trouble = trouble;
    this.#now = now;
  }

  /** Its last lines, from rotated files too where it has too few. News begin behind them. */
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
   * News begin with its first line that was written at that time, in epoch ms, or later; in a rotated file if need be. For
   * a file that nothing was read of yet.
   */
  startFrom(time: number): void {
    this.#newest = stampOf(time);
    this.#after = time;
  }

  /** What has come since the last look, whole lines only; none where there is no more for now. */
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

  /** The beginning of what is read, up to there. */
  async #remember(handle: FileHandle, end: number): Promise<void> {
    this.#head = await readExactly(handle, 0, Math.min(end, HEAD_BYTES));
  }

  /** Reads on, here or in what came after it; true where it came to the end. */
  async #goOn(open: OpenLog): Promise<boolean> {
    if (await this.#isCut(open)) this.#rewind();
    if (!(await this.#readOn(open))) return false;
    const now = await stat(this.path).catch(nullIfMissing);
    if (now !== null && now.ino === open.ino && now.dev === open.dev) {
      this.#goneAt = null;
      return true;
    }
    if (!this.#isLeft(now)) return true;
    // Once more: the last lines may have come between the reading and the renaming.
    return (await this.#readOn(open)) && this.#next();
  }

  /** Whether its writer has left the file that is open, since its path leads to another, or nowhere. */
  #isLeft(now: Stats | null): boolean {
    // It closes the one before it writes to the next.
    if (now !== null && now.size > 0) return true;
    this.#goneAt ??= this.#now();
    return this.#now() - this.#goneAt >= ABANDONED_AFTER_MS;
  }

  /** Cut short, whatever has been written to it since. */
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

  /** Goes on with the file that is there now, and those that came and were rotated meanwhile; true at the end. */
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

  /** Opens what is there, if anything is; returns the rotated files beside it, oldest first. */
  async #attach(): Promise<readonly Rotated[]> {
    for (let tries = 1; ; tries += 1) {
      const before = await this.#rotated();
      const handle = await open(this.path, READ).catch(nullIfMissing);
      const after = await this.#rotated();
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

  /** One entry a stamp: a file whose compressed self is there too is being tidied. */
  async #rotated(): Promise<readonly Rotated[]> {
    const { rotated } = await listRotated(this.path);
    return rotated.filter(({ stamp }, at) => stamp !== rotated[at - 1]?.stamp);
  }

  async #whole(rotated: Rotated, count: number): Promise<readonly string[]> {
    try {
      return await lastOfRotated(rotated, count);
    } catch (error) {
      const compressed = { ...rotated, path: `${rotated.path}.gz`, compressed: true };
      if (isMissing(error) && !rotated.compressed) return this.#whole(compressed, count);
      // Deleted meanwhile, as too old.
      if (!isMissing(error)) this.#trouble(`${rotated.path} cannot be read: ${errorMessage(error)}`);
      return [];
    }
  }

  /** True where it came to the end. */
  async #readOn({ handle }: OpenLog): Promise<boolean> {
    for (let read = 0; read < MAX_ROUND_BYTES; ) {
      const { bytesRead } = await handle.read(this.#bytes, 0, READ_BYTES, this.#offset);
      if (bytesRead === 0) return true;
      if (this.#offset < HEAD_BYTES) await this.#remember(handle, this.#offset + bytesRead);
      this.#offset += bytesRead;
      read += bytesRead;
      // A copy: a line's beginning is kept until its end comes.
      this.#lines.push(Buffer.from(this.#bytes.subarray(0, bytesRead)));
    }
    return false;
  }
}

/** Whether that is the file that was open, renamed, or compressed meanwhile. */
async function isRenamedFrom(gone: OpenLog, rotated: Rotated | undefined): Promise<boolean> {
  if (rotated === undefined) return false;
  const found = rotated.compressed ? null : await stat(rotated.path).catch(nullIfMissing);
  if (found !== null) return found.ino === gone.ino && found.dev === gone.dev;
  // Once it is compressed it is deleted; one that others moved is there.
  return (await gone.handle.stat()).nlink === 0;
}

function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}
