import { hexDigit } from './json-escapes.ts';

/** Bytes that are searched at once; of longer ones a copy is made even if nothing in them is encoded. */
const SHORT = 16 * 1024;

/** Decodes '+' to a space and %XX to a byte, in slices. */
export class PercentDecoder {
  readonly #raw: Buffer;
  readonly #decoded: Buffer;
  #at = 0;
  #length = 0;

  constructor(raw: Buffer) {
    this.#raw = raw;
    const isPlain = raw.length <= SHORT && !raw.includes(0x25) && !raw.includes(0x2b);
    this.#decoded = isPlain ? raw : Buffer.allocUnsafe(raw.length);
    if (isPlain) this.#at = this.#length = raw.length;
  }

  /** Bytes that are not decoded yet. */
  get rest(): number {
    return this.#raw.length - this.#at;
  }

  /**
   * Decodes the next bytes, about that many of the raw ones; null while there is more, undefined if a '%' is not followed
   * by two hex digits.
   */
  read(most: number): Buffer | null | undefined {
    const raw = this.#raw;
    const stop = Math.min(raw.length, this.#at + most);
    while (this.#at < stop) {
      let byte = raw[this.#at++] ?? 0;
      if (byte === 0x2b) byte = 0x20;
      else if (byte === 0x25) {
        const high = hexDigit(raw[this.#at] ?? 0);
        const low = hexDigit(raw[this.#at + 1] ?? 0);
        if (high < 0 || low < 0) return undefined;
        byte = high * 16 + low;
        this.#at += 2;
      }
      this.#decoded[this.#length++] = byte;
    }
    return this.#at < raw.length ? null : this.#decoded.subarray(0, this.#length);
  }
}

/** Decodes all bytes at once; undefined as for `PercentDecoder`. */
export function percentDecode(raw: Buffer): Buffer | undefined {
  return new PercentDecoder(raw).read(raw.length) ?? undefined;
}
