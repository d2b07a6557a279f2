import { BoundedBudget } from '../util/bounded-budget.ts';
import { LF } from '../util/lines.ts';

/** Whole lines that are written together. */
export class Batch {
  readonly bytes: Buffer;
  #written = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get written(): number {
    return this.#written;
  }
  get rest(): Buffer {
    return this.bytes.subarray(this.#written);
  }
  get done(): boolean {
    return this.#written === this.bytes.length;
  }
  /** Lines that are not written to their end. */
  get linesLeft(): number {
    let lines = 0;
    for (let at = this.bytes.indexOf(LF, this.#written); at !== -1; at = this.bytes.indexOf(LF, at + 1))
      lines += 1;
    return lines;
  }
  /** Counts bytes as written. */
  advance(bytes: number): void {
    this.#written += bytes;
  }
  /** Goes back to the start of a line that was written in part, since its rest goes to another file. */
  rewind(): void {
    const before = this.#written === 0 ? -1 : this.bytes.lastIndexOf(LF, this.#written - 1);
    this.#written = before + 1;
  }
}

interface Chunk {
  text: string;
  bytes: number;
}

/** The lines of one output that wait to be written: bounded, in order, and joined to batches. */
export class Backlog {
  readonly #waiting: BoundedBudget;
  readonly #room: BoundedBudget;
  /** Bytes of a batch, unless one line is longer. */
  batch: number;
  #chunks: Chunk[] = [];

  constructor(options: { readonly limit: number; readonly batch: number; readonly room: BoundedBudget }) {
    this.#waiting = new BoundedBudget(options.limit);
    this.batch = options.batch;
    this.#room = options.room;
  }

  get empty(): boolean {
    return this.#chunks.length === 0;
  }
  /** Bytes that wait, those of dequeued batches included until they are released. */
  get bytes(): number {
    return this.#waiting.used;
  }

  /** False, and nothing is added, if there is no room. */
  add(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    if (!this.#waiting.fits(bytes) || !this.#room.tryAcquire(bytes)) return false;
    this.#waiting.acquire(bytes);
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.bytes + bytes <= this.batch) {
      last.text += text;
      last.bytes += bytes;
    } else this.#chunks.push({ text, bytes });
    return true;
  }

  /** The oldest batch; its bytes count as waiting until `release`. */
  dequeue(): Batch | undefined {
    const chunk = this.#chunks.shift();
    return chunk === undefined ? undefined : new Batch(Buffer.from(chunk.text));
  }

  release(batch: Batch): void {
    this.#waiting.release(batch.bytes.length);
    this.#room.release(batch.bytes.length);
  }
}
