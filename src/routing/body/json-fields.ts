import type { JsonReads } from './json-reads.ts';
import type { EachFields, JsonKind } from './reads.ts';

/** The wanted values of one body. Asking for a pointer that was not compiled is a fault of the program. */
export interface JsonFields extends EachFields {
  /** The digits of the number at that pointer, as they are written; undefined where none is. */
  number(pointer: string): string | undefined;
}

/** What a reader notes of one document, or of one element of an array, while it goes over it. */
export class JsonNotes implements JsonFields {
  readonly #bytes: Buffer;
  readonly #reads: JsonReads;
  // Arrays of holes: nothing is written of what is not there.
  /** Node ids that were met. Each is met at most once: a second time is the ambiguity. */
  readonly #seen: (true | undefined)[];
  /** By slot. */
  readonly #kinds: (JsonKind | undefined)[];
  /** By slot, for strings and numbers: where it starts and ends, and 1 where escapes are in it. */
  readonly #spans: number[];
  /** By index of the list; null before the first element. */
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
    return this.decode(this.#spans[at] ?? 0, this.#spans[at + 1] ?? 0, this.#spans[at + 2] === 1);
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

  /** False where that node was met before. */
  meet(id: number): boolean {
    if (this.#seen[id] === true) return false;
    this.#seen[id] = true;
    return true;
  }

  note(slot: number, kind: JsonKind): void {
    this.#kinds[slot] = kind;
  }

  noteSpan(slot: number, kind: JsonKind, start: number, end: number, escaped: boolean): void {
    this.#kinds[slot] = kind;
    this.#spans[slot * 3] = start;
    this.#spans[slot * 3 + 1] = end;
    this.#spans[slot * 3 + 2] = escaped ? 1 : 0;
  }

  /** Adds an element to a list. */
  element(list: number, reads: JsonReads): JsonNotes {
    const element = new JsonNotes(this.#bytes, reads);
    this.#lists ??= Array.from(this.#reads.lists, () => []);
    this.#lists[list]?.push(element);
    return element;
  }

  /** A string that was checked before, between its quotes. */
  decode(start: number, end: number, escaped: boolean): string {
    if (!escaped) return this.#bytes.toString('utf8', start, end);
    const decoded: unknown = JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1));
    return String(decoded);
  }

  #slot(pointer: string): number {
    const slot = this.#reads.slots.get(pointer);
    if (slot === undefined) throw new Error(`${pointer} is not among the declared reads`);
    return slot;
  }
}
