import { isUtf8 } from 'node:buffer';
import { decodeString } from './json-escapes.ts';
import { type JsonFields, JsonNotes } from './json-fields.ts';
import { FALS, NULL, type StringRead, TRUE } from './json-lexer.ts';
import { type JsonNode, type JsonReads, type KeyMatch, matchKey } from './json-reads.ts';
import { DEEPEST_JSON, JsonSkimmer, type Skimmed } from './json-skimmer.ts';
import type { JsonKind } from './reads.ts';

export type JsonRead =
  | { readonly outcome: 'read'; readonly fields: JsonFields }
  /** Not JSON that all parsers read alike. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  /** A key on the way to a wanted value is repeated: two parsers may read different values. */
  | { readonly outcome: 'ambiguous'; readonly detail: string };

/**
 * Bytes of all wanted strings in the elements of lists. What is done with these is not done in slices; the ids of 1000
 * updates have about 200 KB.
 */
const MOST_LISTED_TEXT = 512 * 1024;

/** Steps that an element of a list costs besides its bytes. */
const ELEMENT_STEPS = 128;

/** What is read next. */
const VALUE = 0;
/** After a '['. */
const VALUE_OR_END = 1;
const KEY = 2;
/** After a '{'. */
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const REST_OF_KEY = 6;
const REST_OF_TEXT = 7;
const REST_OF_SKIMMED = 8;
/** Only white space may follow. */
const END = 9;

/** An object or an array that is being read. One of each depth is used for all of that depth. */
class Container {
  isArray = false;
  node: JsonNode | null = null;
  /** Of the element that is read. */
  index = 0;
  /** Where the element starts, if it is read a second time, as an element of a list; else -1. */
  again = -1;
  /** The notes of what holds the list, while an element of it is read. */
  around: JsonNotes | null = null;
}

/** What is around the document; nothing is written to it. */
const NONE = new Container();

/**
 * Reads the wanted values of a JSON text in one pass, without building a document. Accepts RFC 8259 JSON in UTF-8 that
 * both Python's json and JSON.parse accept, up to the depth `DEEPEST_JSON` and numbers of 4300 digits. Keys that differ
 * only in ASCII case count as repeated, since Newtonsoft.Json and Go's encoding/json read both into one field; repeated
 * keys elsewhere do not matter. It keeps its place on a stack of its own, so that it can stop anywhere: each byte costs a
 * bounded number of steps, and each slice reads a bounded number of bytes.
 */
export class JsonReader extends JsonSkimmer {
  readonly #reads: JsonReads;
  readonly #document: JsonNotes;
  /** Of the document, or of the element of a list that is being read. */
  #notes: JsonNotes;
  readonly #containers: Container[] = [];
  /** The innermost that is open. */
  #container = NONE;
  #depth = 0;
  #next = VALUE;
  /** Where the value leads that is read next. */
  #node: JsonNode | null;
  /** Where the key or text starts that is being read, after its quote. */
  #start = 0;
  #elements = 0;
  #listedText = 0;
  /** The bytes up to here are UTF-8. */
  #checked = 0;
  #isAmbiguous = false;
  /** For keys with escapes; allocated with the first. */
  #decodedKey: Buffer | null = null;

  constructor(bytes: Buffer, reads: JsonReads) {
    super(bytes);
    this.#reads = reads;
    this.#document = new JsonNotes(bytes, reads);
    this.#notes = this.#document;
    this.#node = reads.root;
  }

  /** Reads on for that many bytes, and to the end of a short token; null if there is more to read. */
  read(most: number): JsonRead | null {
    const { length } = this.bytes;
    if (this.at === 0 && !this.#isJsonStart()) return this.#failed();
    this.begin(most);
    if (!this.#isUtf8()) return this.#failed();
    while (this.at < this.stop) if (!this.#step()) return this.#failed();
    if (this.at < length) return null;
    if (this.#next === END) return { outcome: 'read', fields: this.#document };
    this.fail('the JSON ends early');
    return this.#failed();
  }

  #failed(): JsonRead {
    return { outcome: this.#isAmbiguous ? 'ambiguous' : 'invalid', detail: this.failure };
  }

  #isJsonStart(): boolean {
    const { bytes } = this;
    if (bytes.length === 0) return this.fail('the body is empty');
    return !(bytes[0] === 0xef && bytes[1] === 0xbb) || this.fail('a byte order mark');
  }

  /** Whether the slice is UTF-8, up to the end of a character beyond it. */
  #isUtf8(): boolean {
    const { bytes } = this;
    let end = Math.max(this.#checked, this.stop);
    while (end < bytes.length && isContinuation(bytes[end])) end++;
    const slice = this.#checked === 0 && end === bytes.length ? bytes : bytes.subarray(this.#checked, end);
    this.#checked = end;
    return isUtf8(slice) || this.fail('not UTF-8');
  }

  /** Reads one token, or as much of it as lies before `stop`. */
  #step(): boolean {
    if (this.#next === REST_OF_TEXT) return this.#endText(this.restOfString(this.#isWanted()));
    if (this.#next === REST_OF_SKIMMED) return this.#endSkimmed(this.skim());
    if (this.#next === REST_OF_KEY) return this.#endKey(this.restOfString(true));
    const byte = this.peek();
    if (byte === -1) return true;
    switch (this.#next) {
      case COMMA_OR_END:
        return this.#commaOrEnd(byte);
      case VALUE:
        return this.#value(byte);
      case KEY:
        return this.#key(byte);
      case VALUE_OR_END:
        return byte === 0x5d ? this.#close() : this.#element() && this.#value(byte);
      case KEY_OR_END:
        return byte === 0x7d ? this.#close() : this.#key(byte);
      case COLON:
        return this.#colon(byte);
      default:
        return this.fail('something follows the JSON value');
    }
  }

  #value(byte: number): boolean {
    switch (byte) {
      case 0x22: // "
        this.#start = this.at + 1;
        return this.#endText(this.string(this.#isWanted()));
      case 0x7b: // {
        return this.#open('object');
      case 0x5b: // [
        return this.#open('array');
      case 0x74: // t
        return this.word(TRUE) && this.#endWord('true');
      case 0x66: // f
        return this.word(FALS) && this.lastE() && this.#endWord('false');
      case 0x6e: // n
        return this.word(NULL) && this.#endWord('null');
      default:
        return this.#number();
    }
  }

  /** Reads on without another step, unless the slice ends here. */
  #valueIfThere(): boolean {
    this.#next = VALUE;
    const byte = this.peek();
    return byte === -1 || this.#value(byte);
  }

  #isWanted(): boolean {
    return this.#node !== null && this.#node.slot >= 0;
  }

  #endText(read: StringRead): boolean {
    if (read === 'failed') return false;
    this.#next = REST_OF_TEXT;
    if (read === 'unfinished') return true;
    const node = this.#node;
    if (node !== null && node.slot >= 0) {
      const end = this.at - 1;
      if (this.#notes !== this.#document) {
        this.#listedText += end - this.#start;
        if (this.#listedText > MOST_LISTED_TEXT) return this.fail('the ids of a batch are too long');
      }
      this.#notes.recordSpan(node.slot, 'string', this.#start, end, this.escaped);
    }
    return this.#endValue();
  }

  #number(): boolean {
    const start = this.at;
    if (!this.number()) return false;
    const node = this.#node;
    if (node !== null && node.slot >= 0) this.#notes.recordSpan(node.slot, 'number', start, this.at, false);
    return this.#endValue();
  }

  #endWord(kind: JsonKind): true {
    this.#recordKind(kind);
    return this.#endValue();
  }

  #recordKind(kind: JsonKind): void {
    const node = this.#node;
    if (node !== null && node.slot >= 0) this.#notes.recordKind(node.slot, kind);
  }

  #endValue(): true {
    this.#next = this.#depth === 0 ? END : COMMA_OR_END;
    return true;
  }

  #open(kind: 'object' | 'array'): boolean {
    this.#recordKind(kind);
    if (this.#depth === DEEPEST_JSON) return this.fail('nested too deep');
    if (this.#node === null) return this.#endSkimmed(this.beginSkimming(kind === 'array', this.#depth));
    this.#depth++;
    const container = this.#containers[this.#depth] ?? new Container();
    this.#containers[this.#depth] = container;
    this.#container = container;
    container.isArray = kind === 'array';
    container.node = this.#node;
    container.index = 0;
    container.again = -1;
    container.around = null;
    this.#next = kind === 'array' ? VALUE_OR_END : KEY_OR_END;
    this.at++;
    return true;
  }

  #endSkimmed(skimmed: Skimmed): boolean {
    if (skimmed === 'failed') return false;
    this.#next = REST_OF_SKIMMED;
    return skimmed === 'unfinished' || this.#endValue();
  }

  #close(): true {
    this.at++;
    this.#depth--;
    this.#container = this.#containers[this.#depth] ?? NONE;
    return this.#endValue();
  }

  #key(byte: number): boolean {
    if (byte !== 0x22) return this.fail('an object without a key where one must be');
    this.#start = this.at + 1;
    return this.#endKey(this.string(true));
  }

  #endKey(read: StringRead): boolean {
    if (read === 'failed') return false;
    this.#next = REST_OF_KEY;
    if (read === 'unfinished') return true;
    const { node } = this.#container;
    this.#node = null;
    if (node !== null && !this.#member(node)) return false;
    this.#next = COLON;
    const byte = this.peek();
    return byte === -1 || this.#colon(byte);
  }

  #colon(byte: number): boolean {
    if (byte !== 0x3a) return this.fail('a key without a colon');
    this.at++;
    return this.#valueIfThere();
  }

  /** Finds where the key leads that was read. */
  #member(node: JsonNode): boolean {
    const match = this.escaped
      ? this.#matchEscaped(node)
      : matchKey(node, this.bytes, this.#start, this.at - 1);
    if (match === null) return true;
    this.#node = match.node;
    if (this.#notes.recordKey(match.id)) return true;
    this.#isAmbiguous = true;
    return this.fail('a key on the way to a routing field is repeated');
  }

  /** A key is decoded only until it is longer than any wanted one: the buffer has room for one more character. */
  #matchEscaped(node: JsonNode): KeyMatch | null {
    this.#decodedKey ??= Buffer.allocUnsafe(this.#reads.longestKey + 4);
    const length = decodeString(this.bytes, this.#start, this.at - 1, this.#decodedKey);
    return matchKey(node, this.#decodedKey, 0, length);
  }

  #commaOrEnd(byte: number): boolean {
    const container = this.#container;
    if (container.around !== null) {
      this.#notes = container.around;
      container.around = null;
    } else if (container.again >= 0) {
      this.rewind(container.again);
      container.again = -1;
      this.#next = VALUE;
      return this.#listed(container);
    }
    if (byte === 0x2c) {
      this.at++;
      if (container.isArray) {
        container.index++;
        return this.#element() && this.#valueIfThere();
      }
      this.#next = KEY;
      const quote = this.peek();
      return quote === -1 || this.#key(quote);
    }
    if (byte === (container.isArray ? 0x5d : 0x7d)) return this.#close();
    return this.fail(`an ${container.isArray ? 'array' : 'object'} without a comma or an end`);
  }

  /**
   * Finds where the next element of the array leads. If the array is a list and a pointer also leads into that element by
   * its index, it is read twice.
   */
  #element(): boolean {
    const container = this.#container;
    const { node, index } = container;
    const byIndex = node !== null && index < node.byIndex.length ? (node.byIndex[index] ?? null) : null;
    if (node === null || node.each === null) {
      this.#node = byIndex;
      return true;
    }
    if (byIndex === null) return this.#listed(container);
    container.again = this.at;
    this.#node = byIndex;
    return true;
  }

  /** The element is read as one of a list, with notes of its own. */
  #listed(container: Container): boolean {
    const { node } = container;
    if (node === null || node.each === null) throw new Error('the array is not a list');
    const { most } = this.#reads;
    if (++this.#elements > most) return this.fail(`more than ${most} elements in a batch`);
    this.stop = Math.max(this.at, this.stop - ELEMENT_STEPS);
    container.around = this.#notes;
    this.#notes = this.#notes.addElement(node.list, node.each);
    this.#node = node.each.root;
    return true;
  }
}

/** Whether that byte continues a character of UTF-8 (RFC 3629 §3). */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
