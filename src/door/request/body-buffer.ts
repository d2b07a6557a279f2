/** Bytes of the first growth; most bodies arrive in one chunk and never grow. */
const FIRST_BLOCK = 16 * 1024;

/**
 * Collects a body in one block of memory. Chunks are copied, since a sender that puts every byte into a chunk of its
 * own would otherwise cost 400 bytes each. A body of one chunk is not copied.
 */
export class BodyBuffer {
  size = 0;
  readonly #limit: number;
  #block: Buffer | null = null;

  /** The block never grows beyond `limit` bytes; the caller refuses longer bodies. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Size of the block in bytes. */
  get capacity(): number {
    return this.#block?.length ?? 0;
  }

  /** Bytes by which the block would grow if that many were added. */
  growth(length: number): number {
    return this.#needed(length) - this.capacity;
  }

  add(chunk: Buffer): void {
    if (this.#block === null) {
      this.#block = chunk;
      this.size = chunk.length;
      return;
    }
    const needed = this.#needed(chunk.length);
    if (needed > this.#block.length) {
      const larger = Buffer.allocUnsafe(needed);
      this.#block.copy(larger, 0, 0, this.size);
      this.#block = larger;
    }
    chunk.copy(this.#block, this.size);
    this.size += chunk.length;
  }

  bytes(): Buffer {
    return this.#block === null ? Buffer.alloc(0) : this.#block.subarray(0, this.size);
  }

  /** Lets go of the block, so that nobody who still knows this object keeps its memory. */
  clear(): void {
    this.#block = null;
    this.size = 0;
  }

  #needed(length: number): number {
    const size = this.size + length;
    if (this.#block === null) return length;
    if (size <= this.#block.length) return this.#block.length;
    return Math.max(size, Math.min(this.#limit, Math.max(FIRST_BLOCK, 2 * size)));
  }
}
