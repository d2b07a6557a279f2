import { LF } from '../../util/lines.ts';

/** Bytes of a line that are searched. */
const SEARCHED_BYTES = 4096;

/**
 * Looks for a text in one stream of output that is too much to be cut into lines: it reads each byte a few times at
 * most, and keeps fewer bytes than the text has.
 */
export class TextSearch {
  #carry: Buffer = Buffer.alloc(0);
  /** How many bytes of the line that `#carry` begins in came before it. */
  #before = 0;

  /** Whether a line that ends or goes on in this chunk holds the text within its first 4096 bytes. */
  push(chunk: Buffer, text: string): boolean {
    const wanted = Buffer.from(text);
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let at = bytes.indexOf(wanted);
    while (at !== -1) {
      if (this.#offsetInLine(bytes, at) + wanted.length <= SEARCHED_BYTES) return true;
      const end = bytes.indexOf(LF, at);
      at = end === -1 ? -1 : bytes.indexOf(wanted, end);
    }
    const kept = Math.max(0, bytes.length - Math.max(0, wanted.length - 1));
    this.#before = this.#offsetInLine(bytes, kept);
    // A copy, since a slice would keep the whole chunk in memory.
    this.#carry = Buffer.from(bytes.subarray(kept));
    return false;
  }

  #offsetInLine(bytes: Buffer, at: number): number {
    const end = at === 0 ? -1 : bytes.lastIndexOf(LF, at - 1);
    return end === -1 ? this.#before + at : at - end - 1;
  }
}
