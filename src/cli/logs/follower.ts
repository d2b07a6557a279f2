import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createLines, type Lines } from '../../lines.ts';
import { listBeside, type Rotated } from '../../logs/rotated.ts';
import { lastLineEnd, lastLines, lastOfRotated, STORED_LINE_BYTES } from './tail.ts';

const READ_BYTES = 64 * 1024;
/** A FIFO would otherwise wait for its writer; on Windows there is no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Lines of one look are held at once; what is more comes with the next. */
const LOOK_BYTES = 1024 * 1024;
const SETTLE_TRIES = 5;

interface OpenLog {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly ino: number;
}

/**
 * One log file, followed wherever it goes: rotated, cut short, deleted, made anew, or not there yet. What cannot be read
 * is told to `trouble`, and left out.
 */
export class Follower {
  readonly path: string;
  readonly #trouble: (text: string) => void;
  #open: OpenLog | undefined;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  #offset = 0;
  #found: string[] = [];
  readonly #lines: Lines = createLines((line) => this.#found.push(line), STORED_LINE_BYTES);
  /** The newest rotated file when this one was opened; those behind it came later. */
  #newest = '';

  constructor(path: string, trouble: (text: string) => void) {
    this.path = path;
    this.#trouble = trouble;
  }

  /** Its last lines, from rotated files too where it has too few. News begin behind them. */
  async last(count: number): Promise<readonly string[]> {
    await this.close();
    const older = await this.#attach();
    let lines: readonly string[] = [];
    if (this.#open !== undefined) {
      const { handle } = this.#open;
      this.#offset = await lastLineEnd(handle, (await handle.stat()).size);
      lines = await lastLines(handle, this.#offset, count);
    }
    for (const rotated of older.toReversed()) {
      if (lines.length >= count) break;
      lines = [...(await this.#whole(rotated, count - lines.length)), ...lines];
    }
    return lines;
  }

  /** What has come since the last look, whole lines only. */
  async news(): Promise<readonly string[]> {
    if (this.#open === undefined) {
      await this.#next(0);
    } else if (await this.#readOn(this.#open)) {
      const now = await stat(this.path).catch(absent);
      if (now === null || now.ino !== this.#open.ino || now.dev !== this.#open.dev) {
        // Once more: the last lines may have come between the reading and the renaming.
        if (await this.#readOn(this.#open)) await this.#next(1);
      } else if (now.size < this.#offset) {
        this.#offset = 0;
        this.#lines.discard();
      }
    }
    const found = this.#found;
    this.#found = [];
    return found;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.handle.close();
  }

  /** Goes on with the file that is there now, and those that came and were rotated meanwhile, but for `read` of them. */
  async #next(read: number): Promise<void> {
    const newest = this.#newest;
    const gone = this.#open;
    const rotated = await this.#attach();
    if (gone !== undefined) {
      this.#lines.end();
      await gone.handle.close();
    }
    const since = rotated.filter(({ stamp }) => stamp > newest).slice(read);
    for (const file of since) this.#found.push(...(await this.#whole(file, Number.MAX_SAFE_INTEGER)));
    if (this.#open !== undefined) await this.#readOn(this.#open);
  }

  /** Opens what is there, if anything is; returns the rotated files beside it, oldest first. */
  async #attach(): Promise<readonly Rotated[]> {
    for (let tries = 1; ; tries += 1) {
      const before = await this.#rotated();
      const handle = await open(this.path, READ).catch(absent);
      const after = await this.#rotated();
      if (before.at(-1)?.stamp !== after.at(-1)?.stamp && tries < SETTLE_TRIES) {
        await handle?.close();
        continue;
      }
      this.#newest = after.at(-1)?.stamp ?? '';
      this.#offset = 0;
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
    const { rotated } = await listBeside(this.path);
    return rotated.filter(({ stamp }, at) => stamp !== rotated[at - 1]?.stamp);
  }

  async #whole(rotated: Rotated, count: number): Promise<readonly string[]> {
    try {
      return await lastOfRotated(rotated, count);
    } catch (error) {
      const compressed = { ...rotated, path: `${rotated.path}.gz`, compressed: true };
      if (isAbsent(error) && !rotated.compressed) return this.#whole(compressed, count);
      // Deleted meanwhile, as too old.
      if (!isAbsent(error)) this.#trouble(`${rotated.path} cannot be read: ${String(error)}`);
      return [];
    }
  }

  /** True where it came to the end. */
  async #readOn({ handle }: OpenLog): Promise<boolean> {
    for (let read = 0; read < LOOK_BYTES; ) {
      const { bytesRead } = await handle.read(this.#bytes, 0, READ_BYTES, this.#offset);
      if (bytesRead === 0) return true;
      this.#offset += bytesRead;
      read += bytesRead;
      // A copy: a line's beginning is kept until its end comes.
      this.#lines.push(Buffer.from(this.#bytes.subarray(0, bytesRead)));
    }
    return false;
  }
}

function absent(error: NodeJS.ErrnoException): null {
  if (isAbsent(error)) return null;
  throw error;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
