import { isUtf8 } from 'node:buffer';
import { FALS, JsonLexer, NULL, TRUE } from './json-lexer.ts';
import type { JsonNode, JsonReads } from './json-reads.ts';

export { compileJsonReads, type JsonReads } from './json-reads.ts';

/** Containers within containers. Python's json gives up at about 1000, JSON.parse at none. */
export const DEEPEST_JSON = 64;

export type JsonKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';

/** The wanted values of one body. Asking for a pointer that was not compiled is a fault of the program. */
export interface JsonFields {
  /** The string at that pointer, decoded; undefined where none is. */
  text(pointer: string): string | undefined;
  kind(pointer: string): JsonKind | undefined;
}

export type JsonRead =
  | { readonly outcome: 'read'; readonly fields: JsonFields }
  /** Not the JSON that every parser reads alike. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  /** A key is repeated on the way to a wanted value: two parsers may see two values. */
  | { readonly outcome: 'ambiguous'; readonly detail: string };

/**
 * Reads the wanted values out of a JSON text, in one pass and without building a document. Takes RFC 8259
 * JSON in UTF-8 that Python's json and JSON.parse both take, no deeper than `DEEPEST_JSON`; anything else is
 * refused. Duplicate keys away from the wanted values are of no concern.
 */
export function readJson(bytes: Buffer, reads: JsonReads): JsonRead {
  if (bytes.length === 0) return { outcome: 'invalid', detail: 'the body is empty' };
  if (bytes[0] === 0xef && bytes[1] === 0xbb) return { outcome: 'invalid', detail: 'a byte order mark' };
  if (!isUtf8(bytes)) return { outcome: 'invalid', detail: 'not UTF-8' };
  const reader = new JsonReader(bytes, reads);
  if (reader.document()) return { outcome: 'read', fields: reader };
  return { outcome: reader.ambiguous ? 'ambiguous' : 'invalid', detail: reader.failure };
}

class JsonReader extends JsonLexer implements JsonFields {
  ambiguous = false;
  readonly #reads: JsonReads;
  /** Node ids that were met. Each is met at most once: a second time is the ambiguity. */
  readonly #seen: boolean[];
  /** By slot. */
  readonly #kinds: (JsonKind | undefined)[];
  /** By slot, for strings: where it starts and ends within its quotes, and 1 where escapes are in it. */
  readonly #spans: number[];

  constructor(bytes: Buffer, reads: JsonReads) {
    super(bytes);
    this.#reads = reads;
    this.#seen = new Array<boolean>(reads.nodes).fill(false);
    this.#kinds = new Array<JsonKind | undefined>(reads.slots.size).fill(undefined);
    this.#spans = new Array<number>(reads.slots.size * 3).fill(0);
  }

  kind(pointer: string): JsonKind | undefined {
    return this.#kinds[this.#slot(pointer)];
  }

  text(pointer: string): string | undefined {
    const slot = this.#slot(pointer);
    if (this.#kinds[slot] !== 'string') return undefined;
    const [start = 0, end = 0, escaped = 0] = this.#spans.slice(slot * 3, slot * 3 + 3);
    return this.#decode(start, end, escaped === 1);
  }

  #slot(pointer: string): number {
    const slot = this.#reads.slots.get(pointer);
    if (slot === undefined) throw new Error(`${pointer} is not among the declared reads`);
    return slot;
  }

  /** A string that was checked before, between its quotes. */
  #decode(start: number, end: number, escaped: boolean): string {
    if (!escaped) return this.bytes.toString('utf8', start, end);
    const decoded: unknown = JSON.parse(this.bytes.toString('utf8', start - 1, end + 1));
    return String(decoded);
  }

  document(): boolean {
    if (!this.#value(this.#reads.root, 0)) return false;
    return this.peek() === -1 || this.fail('something behind the JSON value');
  }

  #value(node: JsonNode | null, depth: number): boolean {
    switch (this.peek()) {
      case 0x22: // "
        return this.#text(node);
      case 0x7b: // {
        return this.#note(node, 'object') && this.#object(node, depth + 1);
      case 0x5b: // [
        return this.#note(node, 'array') && this.#array(node, depth + 1);
      case 0x74: // t
        return this.word(TRUE) && this.#note(node, 'true');
      case 0x66: // f
        return this.word(FALS) && this.#lastE() && this.#note(node, 'false');
      case 0x6e: // n
        return this.word(NULL) && this.#note(node, 'null');
      case -1:
        return this.fail('the JSON ends early');
      default:
        return this.number() && this.#note(node, 'number');
    }
  }

  #note(node: JsonNode | null, kind: JsonKind): true {
    if (node !== null && node.slot >= 0) this.#kinds[node.slot] = kind;
    return true;
  }

  #text(node: JsonNode | null): boolean {
    if (node === null || node.slot < 0) return this.string(false);
    const start = this.at + 1;
    if (!this.string(true)) return false;
    const span = node.slot * 3;
    this.#spans[span] = start;
    this.#spans[span + 1] = this.at - 1;
    this.#spans[span + 2] = this.escaped ? 1 : 0;
    return this.#note(node, 'string');
  }

  #object(node: JsonNode | null, depth: number): boolean {
    if (depth > DEEPEST_JSON) return this.fail('nested too deep');
    this.at++;
    if (this.peek() === 0x7d) return this.#close();
    for (;;) {
      if (this.peek() !== 0x22) return this.fail('an object without a key where one must be');
      const start = this.at + 1;
      if (!this.string(true)) return false;
      const child = node === null ? null : this.#member(node, start, this.at - 1);
      if (child !== null && this.#repeated(child)) return false;
      if (this.peek() !== 0x3a) return this.fail('a key without a colon');
      this.at++;
      if (!this.#value(child, depth)) return false;
      const next = this.peek();
      if (next === 0x7d) return this.#close();
      if (next !== 0x2c) return this.fail('an object without a comma or an end');
      this.at++;
    }
  }

  #array(node: JsonNode | null, depth: number): boolean {
    if (depth > DEEPEST_JSON) return this.fail('nested too deep');
    this.at++;
    if (this.peek() === 0x5d) return this.#close();
    const wanted = node === null ? 0 : node.byIndex.length;
    for (let index = 0; ; index++) {
      const child = index < wanted ? (node?.byIndex[index] ?? null) : null;
      if (!this.#value(child, depth)) return false;
      const next = this.peek();
      if (next === 0x5d) return this.#close();
      if (next !== 0x2c) return this.fail('an array without a comma or an end');
      this.at++;
    }
  }

  #lastE(): boolean {
    return this.bytes[this.at++] === 0x65 || this.fail('no JSON value');
  }

  #close(): true {
    this.at++;
    return true;
  }

  #member(node: JsonNode, start: number, end: number): JsonNode | null {
    if (this.escaped) return node.byName.get(this.#decode(start, end, true)) ?? null;
    const length = end - start;
    if (length >= node.byLength.length) return null;
    for (const member of node.byLength[length] ?? []) {
      if (sameBytes(this.bytes, start, member.key)) return member.node;
    }
    return null;
  }

  #repeated(node: JsonNode): boolean {
    if (this.#seen[node.id] === false) {
      this.#seen[node.id] = true;
      return false;
    }
    this.ambiguous = true;
    this.fail('a key on the way to a routing field is repeated');
    return true;
  }
}

function sameBytes(bytes: Buffer, start: number, key: Buffer): boolean {
  for (let index = 0; index < key.length; index++) {
    if (bytes[start + index] !== key[index]) return false;
  }
  return true;
}
