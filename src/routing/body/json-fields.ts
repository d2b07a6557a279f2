import { decodeString } from './json-escapes.ts';
import type { JsonReads } from './json-reads.ts';
import type { EachFields, JsonKind } from './reads.ts';

/**
 * Bytes in UTF-8 of a wanted string that are decoded; it is longer than anything that such a string is compared with: ids,
 * and the claims of a token of 8 KiB.
 */
export const LONGEST_TEXT = 8192;

/** The wanted values of one body. Throws for a pointer that was not declared. */
export type JsonFields = EachFields;

/** The values that the reader has found in a document, or in one element of an array. */
export class JsonNotes implements JsonFields {
  readonly #bytes: Buffer;
  readonly #reads: JsonReads;
  // Sparse arrays: absent values cost no write.
  /** Node ids whose key was found; a second time makes the document ambiguous. */
  readonly #seen: (true | undefined)[];
  /** By slot. */
  readonly #kinds: (JsonKind | undefined)[];
  /** By slot, for strings and numbers: start, end, and 1 if there are escapes. */
  readonly #spans: number[];
  /** By list index; null before the first element. */
  #lists: JsonNotes[][] | null = null;

  constructor(bytes: Buffer, reads: JsonReads) {
    this.#bytes = bytes;
    this.#reads = reads;
    this.#seen = new Array<true | undefined>(reads.nodes);
    this.#kinds = new Array<JsonKind | undefined>(reads.slots.size);
    this.#spans = new Array<number>(reads.slots.size * 3);
  }

  kind(pointer: string): JsonKind | undefined {
    return this.#kinds[this.#slot(pointer)];
  }

  text(pointer: string): string | undefined {
    const slot = this.#slot(pointer);
    if (this.#kinds[slot] !== 'string') return undefined;
    const at = slot * 3;
    const start = this.#spans[at] ?? 0;
    const end = this.#spans[at + 1] ?? 0;
    if (this.#spans[at + 2] !== 1)
      return this.#bytes.toString('utf8', start, Math.min(end, start + LONGEST_TEXT));
    const decoded = Buffer.allocUnsafe(Math.min(end - start, LONGEST_TEXT));
    const length = decodeString(this.#bytes, start, end, decoded);
    return decoded.toString('utf8', 0, length);
  }

  number(pointer: string): string | undefined {
    const slot = this.#slot(pointer);
    if (this.#kinds[slot] !== 'number') return undefined;
    return this.#bytes.toString('latin1', this.#spans[slot * 3], this.#spans[slot * 3 + 1]);
  }

  each(pointer: string): readonly EachFields[] {
    const list = this.#reads.lists.get(pointer);
    if (list === undefined) throw new Error(`${pointer} is not among the declared arrays`);
    return this.#lists?.[list] ?? [];
  }

  /** Records that a key was found; false if it was found before. */
  recordKey(id: number): boolean {
    if (this.#seen[id] === true) return false;
    this.#seen[id] = true;
    return true;
  }

  recordKind(slot: number, kind: JsonKind): void {
    this.#kinds[slot] = kind;
  }

  recordSpan(slot: number, kind: JsonKind, start: number, end: number, escaped: boolean): void {
    this.#kinds[slot] = kind;
    this.#spans[slot * 3] = start;
    this.#spans[slot * 3 + 1] = end;
    this.#spans[slot * 3 + 2] = escaped ? 1 : 0;
  }

  /** Adds an element to a list. */
  addElement(list: number, reads: JsonReads): JsonNotes {
    const element = new JsonNotes(this.#bytes, reads);
    this.#lists ??= Array.from(this.#reads.lists, () => []);
    this.#lists[list]?.push(element);
    return element;
  }

  #slot(pointer: string): number {
    const slot = this.#reads.slots.get(pointer);
    if (slot === undefined) throw new Error(`${pointer} is not among the declared reads`);
    return slot;
  }
}
