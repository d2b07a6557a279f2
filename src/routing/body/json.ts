import { isUtf8 } from 'node:buffer';
import { type JsonFields, JsonNotes } from './json-fields.ts';
import { FALS, JsonLexer, NULL, TRUE } from './json-lexer.ts';
import { foldCase, type JsonNode, type JsonReads } from './json-reads.ts';
import type { JsonKind } from './reads.ts';

export type { JsonFields } from './json-fields.ts';
export { compileJsonReads, type JsonReads } from './json-reads.ts';

/** Nesting depth. Python's json gives up at about 1000, JSON.parse never. */
export const DEEPEST_JSON = 64;

/**
 * Elements of all arrays of a body whose elements are read. Meta sends up to 1000 updates in a request, each of which may
 * be an entry with one change.
 */
export const MOST_ELEMENTS = 2048;

export type JsonRead =
  | { readonly outcome: 'read'; readonly fields: JsonFields }
  /** Not JSON that all parsers read alike. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  /** A key on the way to a wanted value is repeated: two parsers may read different values. */
  | { readonly outcome: 'ambiguous'; readonly detail: string };

/**
 * Reads the wanted values of a JSON text in one pass, without building a document. Accepts RFC 8259 JSON in UTF-8 that
 * both Python's json and JSON.parse accept, up to the depth `DEEPEST_JSON`. Keys that differ only in ASCII case count as
 * repeated, since Newtonsoft.Json and Go's encoding/json read both into one field; repeated keys elsewhere do not matter.
 */
export function readJson(bytes: Buffer, reads: JsonReads): JsonRead {
  if (bytes.length === 0) return { outcome: 'invalid', detail: 'the body is empty' };
  if (bytes[0] === 0xef && bytes[1] === 0xbb) return { outcome: 'invalid', detail: 'a byte order mark' };
  if (!isUtf8(bytes)) return { outcome: 'invalid', detail: 'not UTF-8' };
  const notes = new JsonNotes(bytes, reads);
  const reader = new JsonReader(bytes, notes);
  if (reader.document(reads.root)) return { outcome: 'read', fields: notes };
  return { outcome: reader.ambiguous ? 'ambiguous' : 'invalid', detail: reader.failure };
}

class JsonReader extends JsonLexer {
  ambiguous = false;
  /** For the document, or for the element that is being read. */
  #notes: JsonNotes;
  /** The node id of the wanted key that equals the last key, ignoring case; -1 if none does. */
  #like = -1;
  #elements = 0;

  constructor(bytes: Buffer, notes: JsonNotes) {
    super(bytes);
    this.#notes = notes;
  }

  document(root: JsonNode): boolean {
    if (!this.#value(root, 0)) return false;
    return this.peek() === -1 || this.fail('something follows the JSON value');
  }

  #value(node: JsonNode | null, depth: number): boolean {
    switch (this.peek()) {
      case 0x22: // "
        return this.#text(node);
      case 0x7b: // {
        return this.#recordKind(node, 'object') && this.#object(node, depth + 1);
      case 0x5b: // [
        return this.#recordKind(node, 'array') && this.#array(node, depth + 1);
      case 0x74: // t
        return this.word(TRUE) && this.#recordKind(node, 'true');
      case 0x66: // f
        return this.word(FALS) && this.#lastE() && this.#recordKind(node, 'false');
      case 0x6e: // n
        return this.word(NULL) && this.#recordKind(node, 'null');
      case -1:
        return this.fail('the JSON ends early');
      default:
        return this.#number(node);
    }
  }

  #recordKind(node: JsonNode | null, kind: JsonKind): true {
    if (node !== null && node.slot >= 0) this.#notes.recordKind(node.slot, kind);
    return true;
  }

  #text(node: JsonNode | null): boolean {
    if (node === null || node.slot < 0) return this.string(false);
    const start = this.at + 1;
    if (!this.string(true)) return false;
    this.#notes.recordSpan(node.slot, 'string', start, this.at - 1, this.escaped);
    return true;
  }

  #number(node: JsonNode | null): boolean {
    const start = this.at;
    if (!this.number()) return false;
    if (node !== null && node.slot >= 0) {
      this.#notes.recordSpan(node.slot, 'number', start, this.at, false);
    }
    return true;
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
      if (node !== null && this.#like >= 0 && !this.#recordKey(this.#like)) return false;
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
    const each = node === null ? null : node.each;
    for (let index = 0; ; index++) {
      const child = index < wanted ? (node?.byIndex[index] ?? null) : null;
      if (node !== null && each !== null) {
        if (!this.#element(node.list, each, child, depth)) return false;
      } else if (!this.#value(child, depth)) return false;
      const next = this.peek();
      if (next === 0x5d) return this.#close();
      if (next !== 0x2c) return this.fail('an array without a comma or an end');
      this.at++;
    }
  }

  /** Reads an element of a list. If a pointer also leads into it by its index, it is read a second time for that. */
  #element(list: number, reads: JsonReads, byIndex: JsonNode | null, depth: number): boolean {
    if (byIndex !== null) {
      const start = this.at;
      if (!this.#value(byIndex, depth)) return false;
      this.rewind(start);
    }
    if (++this.#elements > MOST_ELEMENTS) return this.fail('too many elements in a batch');
    const around = this.#notes;
    this.#notes = around.addElement(list, reads);
    const read = this.#value(reads.root, depth);
    this.#notes = around;
    return read;
  }

  #lastE(): boolean {
    return this.bytes[this.at++] === 0x65 || this.fail('not a JSON value');
  }

  #close(): true {
    this.at++;
    return true;
  }

  /** The node that a key leads to; sets `#like`. */
  #member(node: JsonNode, start: number, end: number): JsonNode | null {
    this.#like = -1;
    if (this.escaped) return this.#named(node, this.#notes.decode(start, end, true));
    const length = end - start;
    if (length >= node.byLength.length) return null;
    for (const { key, node: child } of node.byLength[length] ?? []) {
      const likeness = compareKeys(this.bytes, start, key);
      if (likeness === OTHER) continue;
      this.#like = child.id;
      if (likeness === SAME) return child;
    }
    return null;
  }

  #named(node: JsonNode, name: string): JsonNode | null {
    const alike = node.byName.get(foldCase(name)) ?? [];
    this.#like = alike[0]?.node.id ?? -1;
    return alike.find((member) => member.name === name)?.node ?? null;
  }

  #recordKey(id: number): boolean {
    if (this.#notes.recordKey(id)) return true;
    this.ambiguous = true;
    return this.fail('a key on the way to a routing field is repeated');
  }
}

const OTHER = 0;
const ALIKE = 1;
const SAME = 2;

function compareKeys(bytes: Buffer, start: number, key: Buffer): number {
  let likeness = SAME;
  for (let index = 0; index < key.length; index++) {
    const byte = bytes[start + index] ?? 0;
    const wanted = key[index] ?? 0;
    if (byte === wanted) continue;
    const letter = byte | 0x20;
    if (letter !== (wanted | 0x20) || letter < 0x61 || letter > 0x7a) return OTHER;
    likeness = ALIKE;
  }
  return likeness;
}
