import { isUtf8 } from 'node:buffer';
import { PercentDecoder, percentDecode } from './percent.ts';

/** Pieces between '&', empty ones too. Node's querystring and Express ignore all further fields; other parsers do not. */
export const MOST_FIELDS = 1000;

/** Bytes, as received; no routing field's name is nearly as long. */
const LONGEST_NAME = 1024;

/** Bytes, as received, of a wanted value that holds no document; no id is nearly as long. */
const LONGEST_VALUE = 8192;

/** Bytes that a native search passes in the time of one step. */
const SEARCHED_A_STEP = 16;

/** Steps that a field costs besides the bytes of its name, in bytes of a slice. */
const FIELD_COST = 64;

export type FormRead =
  /** The value of each wanted field that is there, decoded to UTF-8. */
  | { readonly outcome: 'read'; readonly values: ReadonlyMap<string, Buffer> }
  | { readonly outcome: 'invalid' | 'ambiguous'; readonly detail: string };

/** The wanted fields by name, and which of them may be long, since they hold documents. */
export interface WantedFields {
  readonly ids: ReadonlySet<string>;
  readonly documents: ReadonlySet<string>;
}

interface OpenField {
  readonly name: string;
  readonly value: PercentDecoder;
}

const NONE: ReadonlySet<string> = new Set();

/** Reads a whole form at once; `FormReader` says what is accepted, and reads in slices. */
export function readForm(bytes: Buffer, ids: ReadonlySet<string>): FormRead {
  const reader = new FormReader(bytes, { ids, documents: NONE });
  for (;;) {
    const read = reader.read(Math.max(1, bytes.length));
    if (read !== null) return read;
  }
}

/**
 * Reads the wanted fields of an application/x-www-form-urlencoded body (WHATWG URL §5.1). A body that parsers are known to
 * read differently is refused: a repeated wanted field, `field[]` for a wanted field (PHP, Rails and Express make it the
 * same field), a raw ';' (a separator for old parsers), a leading '{' or '[' (Bolt for Python reads such a body as JSON).
 */
export class FormReader {
  readonly #bytes: Buffer;
  readonly #wanted: WantedFields;
  readonly #values = new Map<string, Buffer>();
  #at = 0;
  #fields = 0;
  /** Where the search for the next '&' goes on, and up to where there is no ';'. */
  #searched = 0;
  #checked = 0;
  /** Bytes that are left of the present slice. */
  #left = 0;
  /** The wanted field whose value is being decoded. */
  #open: OpenField | null = null;

  constructor(bytes: Buffer, wanted: WantedFields) {
    this.#bytes = bytes;
    this.#wanted = wanted;
  }

  /** Reads on: about that many bytes of names and of wanted values; null while there is more. */
  read(most: number): FormRead | null {
    if (this.#at === 0) {
      const refusal = refusedStart(this.#bytes);
      if (refusal !== null) return refusal;
    }
    this.#left = most;
    while (this.#left > 0) {
      if (this.#open === null && this.#at >= this.#bytes.length) {
        return { outcome: 'read', values: this.#values };
      }
      const refusal = this.#open === null ? this.#field() : this.#value(this.#open);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** Reads the next field, except for the value of a wanted one. */
  #field(): FormRead | null {
    const end = this.#endOfField();
    if (end === 'ambiguous') return ambiguous("a raw ';', which some parsers read as '&'");
    if (end === 'unfinished') return null;
    const pair = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    if (++this.#fields > MOST_FIELDS) return invalid(`more than ${MOST_FIELDS} fields`);
    const equals = pair.indexOf(0x3d);
    const nameEnd = equals < 0 ? pair.length : equals;
    if (nameEnd > LONGEST_NAME) return invalid("a field's name is too long");
    this.#left -= nameEnd + FIELD_COST;
    const name = percentDecode(pair.subarray(0, nameEnd))?.toString('utf8');
    if (name === undefined) return invalid("bad percent-encoding in a field's name");
    const bracket = name.indexOf('[');
    if (bracket > 0 && this.#isWanted(name.slice(0, bracket)))
      return ambiguous('a routing field with brackets');
    if (!this.#isWanted(name)) return null;
    if (this.#values.has(name)) return ambiguous('a routing field is repeated');
    const value = pair.subarray(equals < 0 ? pair.length : equals + 1);
    if (value.length > LONGEST_VALUE && !this.#wanted.documents.has(name)) {
      return invalid('a routing field is too long');
    }
    this.#open = { name, value: new PercentDecoder(value) };
    return null;
  }

  /** Where the next '&' is, searched up to the end of the slice; 'ambiguous' if a ';' was seen on the way. */
  #endOfField(): number | 'unfinished' | 'ambiguous' {
    const bytes = this.#bytes;
    const window = bytes.subarray(this.#searched, this.#searched + this.#left * SEARCHED_A_STEP);
    if (this.#checked < this.#searched + window.length) {
      const unchecked = window.subarray(Math.max(0, this.#checked - this.#searched));
      if (unchecked.includes(0x3b)) return 'ambiguous';
      this.#checked = this.#searched + window.length;
    }
    const amp = window.indexOf(0x26);
    if (amp >= 0) {
      const end = this.#searched + amp;
      this.#searched = end + 1;
      return end;
    }
    this.#searched += window.length;
    if (this.#searched >= bytes.length) return bytes.length;
    this.#left = 0;
    return 'unfinished';
  }

  #isWanted(name: string): boolean {
    return this.#wanted.ids.has(name) || this.#wanted.documents.has(name);
  }

  #value({ name, value }: OpenField): FormRead | null {
    const { rest } = value;
    const decoded = value.read(this.#left);
    this.#left -= rest;
    if (decoded === null) return null;
    if (decoded === undefined) return invalid('bad percent-encoding in a routing field');
    // The reader of a document checks both.
    if (!this.#wanted.documents.has(name)) {
      if (!isUtf8(decoded)) return invalid('a routing field is not UTF-8');
      if (decoded.includes(0)) return invalid('a NUL in a routing field');
    }
    this.#values.set(name, decoded);
    this.#open = null;
    return null;
  }
}

function refusedStart(bytes: Buffer): FormRead | null {
  const first = bytes[0];
  if (first === 0x7b || first === 0x5b) return invalid('a form that starts like JSON');
  if (first === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return invalid('a byte order mark');
  return null;
}

function invalid(detail: string): FormRead {
  return { outcome: 'invalid', detail };
}

function ambiguous(detail: string): FormRead {
  return { outcome: 'ambiguous', detail };
}
