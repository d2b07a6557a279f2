import { inSlices, type LoopShare } from '../../util/loop-share.ts';

/** Bytes of the first growth; most bodies arrive in one chunk and never grow. */
const FIRST_BLOCK = 16 * 1024;

/** Bytes up to which a block is replaced by a larger one; its copy takes about a millisecond. */
const LARGEST_BLOCK = 4 * 1024 * 1024;

/** Bytes that are copied in the time of one step, the first touch of their memory included. */
const COPIED_A_STEP = 12;

/**
 * Collects a body, up to 4 MiB in one block of memory, a longer one in several. Chunks are copied, since a sender that
 * puts every byte into a chunk of its own would otherwise cost 400 bytes each. A body of one chunk is not copied.
 */
export class BodyBuffer {
  size = 0;
  readonly #limit: number;
  #full: Buffer[] = [];
  #fullBytes = 0;
  #block: Buffer | null = null;

  /** The blocks never grow beyond `limit` bytes; the caller refuses longer bodies. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Size of the blocks in bytes. */
  get capacity(): number {
    return this.#fullBytes + (this.#block?.length ?? 0);
  }

  /** Bytes by which the blocks would grow if that many were added. */
  growth(length: number): number {
    const beyond = this.size + length - this.capacity;
    if (this.#block === null || beyond <= 0) return Math.max(0, beyond);
    return this.#isReplaced(length)
      ? this.#doubled(length) - this.capacity
      : Math.max(beyond, Math.min(LARGEST_BLOCK, this.#limit - this.capacity));
  }

  add(chunk: Buffer): void {
    if (this.#block === null) {
      this.#block = chunk;
      this.size = chunk.length;
      return;
    }
    const growth = this.growth(chunk.length);
    let block = this.#block;
    let used = this.size - this.#fullBytes;
    if (growth > 0 && this.#isReplaced(chunk.length)) {
      block = Buffer.allocUnsafe(block.length + growth);
      this.#block.copy(block, 0, 0, used);
    }
    const fitting = chunk.copy(block, used);
    if (fitting < chunk.length) {
      this.#full.push(block);
      this.#fullBytes += block.length;
      block = Buffer.allocUnsafe(growth);
      used = 0;
      chunk.copy(block, used, fitting);
    }
    this.#block = block;
    this.size += chunk.length;
  }

  /**
   * The body in one piece; a long one is copied in slices, so that it is in memory twice for that time. The buffer is empty
   * then.
   */
  take(loop: LoopShare): Buffer | Promise<Buffer> {
    const { size } = this;
    const last = this.#block?.subarray(0, size - this.#fullBytes) ?? Buffer.alloc(0);
    const blocks = [...this.#full, last];
    this.clear();
    return blocks.length === 1 ? last : joined(loop, blocks, size);
  }

  /** Lets go of the blocks, so that nobody who still knows this object keeps their memory. */
  clear(): void {
    this.#full = [];
    this.#fullBytes = 0;
    this.#block = null;
    this.size = 0;
  }

  /** Whether the only block is replaced by a larger one if that many bytes are added. */
  #isReplaced(length: number): boolean {
    return this.#full.length === 0 && this.size + length <= LARGEST_BLOCK;
  }

  #doubled(length: number): number {
    const size = this.size + length;
    return Math.max(size, Math.min(this.#limit, LARGEST_BLOCK, Math.max(FIRST_BLOCK, 2 * size)));
  }
}

/** Copies the blocks one after the other. */
function joined(loop: LoopShare, blocks: Buffer[], size: number): Buffer | Promise<Buffer> {
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  let [block] = blocks;
  let copied = 0;
  return inSlices(loop, Math.ceil(size / COPIED_A_STEP), (steps) => {
    for (let left = steps * COPIED_A_STEP; left > 0 && block !== undefined; ) {
      const length = block.copy(whole, at, copied, Math.min(block.length, copied + left));
      at += length;
      copied += length;
      left -= length;
      if (copied < block.length) continue;
      blocks.shift();
      [block] = blocks;
      copied = 0;
    }
    return block === undefined ? whole : null;
  });
}
