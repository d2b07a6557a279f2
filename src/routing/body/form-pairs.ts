import { MOST_FIELDS } from './form.ts';
import { PercentDecoder } from './percent.ts';

/** Bytes of a form of which everything is read. No sender's forms are nearly as long: files are URLs in them. */
const LONGEST_FORM = 1024 * 1024;

/** Steps that a text costs besides its bytes. */
const TEXT_COST = 64;

/** A name and its value, decoded. */
export type FormPair = readonly [name: string, value: string];

/**
 * Reads all pairs of an application/x-www-form-urlencoded body (WHATWG URL §5.1) in slices, for a signature that covers
 * them.
 */
export class FormPairsReader {
  /** Names and values alternate, as received; undefined if there are too many. */
  readonly #raw: readonly Buffer[] | undefined;
  readonly #texts: string[] = [];
  #decoder: PercentDecoder | null = null;

  constructor(bytes: Buffer) {
    this.#raw = bytes.length > LONGEST_FORM ? undefined : split(bytes);
  }

  /**
   * Reads on: about that many bytes; null while there is more. Undefined if a '%' is not followed by two hex digits, or the
   * form is longer than 1 MiB or has more than 1000 pieces between '&'.
   */
  read(most: number): readonly FormPair[] | null | undefined {
    if (this.#raw === undefined) return undefined;
    for (let left = most; left > 0; left -= TEXT_COST) {
      const raw = this.#raw[this.#texts.length];
      if (raw === undefined) return pairs(this.#texts);
      this.#decoder ??= new PercentDecoder(raw);
      const { rest } = this.#decoder;
      const decoded = this.#decoder.read(left);
      if (decoded === null || decoded === undefined) return decoded;
      left -= rest;
      this.#texts.push(decoded.toString('utf8'));
      this.#decoder = null;
    }
    return null;
  }
}

function split(bytes: Buffer): readonly Buffer[] | undefined {
  const raw: Buffer[] = [];
  let pieces = 0;
  for (let start = 0; start < bytes.length; ) {
    if (++pieces > MOST_FIELDS) return undefined;
    const amp = bytes.indexOf(0x26, start);
    const piece = bytes.subarray(start, amp < 0 ? bytes.length : amp);
    start += piece.length + 1;
    if (piece.length === 0) continue;
    const equals = piece.indexOf(0x3d);
    const nameEnd = equals < 0 ? piece.length : equals;
    raw.push(piece.subarray(0, nameEnd), piece.subarray(nameEnd + 1));
  }
  return raw;
}

function pairs(texts: readonly string[]): readonly FormPair[] {
  const found: FormPair[] = [];
  for (let at = 0; at < texts.length; at += 2) found.push([texts[at] ?? '', texts[at + 1] ?? '']);
  return found;
}
