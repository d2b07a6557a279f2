/** Bytes that all log files together may hold unwritten: forty on a full disk must not take the memory instead. */
export class Room {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** Whole lines that are written in one go. */
export class Batch {
  readonly bytes: Buffer;
  readonly lines: number;
  #written = 0;

  constructor(bytes: Buffer, lines: number) {
    this.bytes = bytes;
    this.lines = lines;
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
  wrote(bytes: number): void {
    this.#written += bytes;
  }
  /** Back to the beginning of the line that was cut: it goes to another file now. */
  rewind(): void {
    const before = this.#written === 0 ? -1 : this.bytes.lastIndexOf(0x0a, this.#written - 1);
    this.#written = before + 1;
  }
}

interface Chunk {
  text: string;
  bytes: number;
  lines: number;
}

/** The lines of one file that wait to be written: bounded, in order, and joined to batches. */
export class Backlog {
  readonly #limit: number;
  readonly #room: Room;
  /** Bytes of a batch, unless one line is longer. */
  batch: number;
  #chunks: Chunk[] = [];
  #bytes = 0;

  constructor(options: { readonly limit: number; readonly batch: number; readonly room: Room }) {
    this.#limit = options.limit;
    this.batch = options.batch;
    this.#room = options.room;
  }

  get empty(): boolean {
    return this.#chunks.length === 0;
  }
  /** Of all that waits, what was taken and is not gone included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** False, and nothing kept, where there is no room. */
  add(text: string, lines = 1): boolean {
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > this.#limit || !this.#room.take(bytes)) return false;
    this.#bytes += bytes;
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.bytes + bytes <= this.batch) {
      last.text += text;
      last.bytes += bytes;
      last.lines += lines;
    } else this.#chunks.push({ text, bytes, lines });
    return true;
  }

  /** It counts as waiting until it is given back by `gone`. */
  take(): Batch | undefined {
    const chunk = this.#chunks.shift();
    return chunk === undefined ? undefined : new Batch(Buffer.from(chunk.text), chunk.lines);
  }

  gone(batch: Batch): void {
    this.#bytes -= batch.bytes.length;
    this.#room.give(batch.bytes.length);
  }
}
