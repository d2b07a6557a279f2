import { hexUnit } from './json-escapes.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes of a string after which a native search for its end is faster than testing four bytes at a time. */
const NEAR = 64;

/** The words of JSON as the little-endian numbers of their first four bytes. */
export const TRUE = 0x65757274;
export const NULL = 0x6c6c756e;
export const FALS = 0x736c6166;

/**
 * Of an integer: Python refuses more (CVE-2020-10735), JavaScript does not; a gateway may use either. Of a fraction or an
 * exponent too, so that a number needs no more steps than that; no sender writes nearly as many.
 */
const MOST_DIGITS = 4300;

/** A string is not well formed, is read, or does not end before `stop`. */
export type StringRead = 'failed' | 'read' | 'unfinished';

/**
 * The tokens of JSON (RFC 8259) in bytes that are known to be UTF-8. Each method starts at `at`, moves `at` behind the
 * token and returns whether it is well formed; if not, `failure` says why. White space and strings are read up to `stop`,
 * every other token is short. Its allocations do not grow with the body.
 */
export class JsonLexer {
  readonly bytes: Buffer;
  at = 0;
  /** Where the present slice of work ends; at most the length of the bytes. */
  stop: number;
  /** The bytes up to `stop`, so that no native search goes beyond it. */
  #window: Buffer;
  failure = '';
  /** Whether the last string held an escape. */
  escaped = false;
  readonly #view: DataView;
  /** Where the next quote and the next backslash are, so that each byte is searched only once. */
  #quote = -1;
  #backslash = -1;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.stop = bytes.length;
    this.#window = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(why: string): false {
    this.failure = why;
    return false;
  }

  /** Begins a slice of that many bytes. */
  begin(most: number): void {
    this.stop = Math.min(this.bytes.length, this.at + most);
    this.#window = this.stop === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.stop);
  }

  /** Goes back to an earlier place. What is left of the slice stays as long as it was. */
  rewind(at: number): void {
    this.stop -= this.at - at;
    this.at = at;
    this.#quote = -1;
    this.#backslash = -1;
  }

  /** Skips white space and returns the next byte without reading it; -1 if there is none before `stop`. */
  peek(): number {
    for (; this.at < this.stop; this.at++) {
      const byte = this.bytes[this.at] ?? -1;
      if (byte > 0x20) return byte;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    return -1;
  }

  /**
   * Reads a string from its opening quote. With `paired`, a \u escape that is half a surrogate pair is refused, since
   * decoders disagree on it.
   */
  string(paired: boolean): StringRead {
    this.escaped = false;
    this.at++;
    return this.restOfString(paired);
  }

  /** Reads on within a string that was unfinished, testing four bytes at a time. */
  restOfString(paired: boolean): StringRead {
    const view = this.#view;
    const { bytes, stop } = this;
    const lastWord = bytes.length - 4;
    let at = this.at;
    let near = at + NEAR;
    while (at < stop) {
      if (at <= lastWord) {
        const word = view.getInt32(at, true);
        const quote = word ^ 0x22222222;
        const slash = word ^ 0x5c5c5c5c;
        // Sets the sign bit of each byte that is zero, or below a space. Higher bits may be false positives, the
        // lowest is not (Bit Twiddling Hacks, "Determine if a word has a byte less than n").
        const special =
          (((quote - 0x01010101) & ~quote) |
            ((slash - 0x01010101) & ~slash) |
            ((word - 0x20202020) & ~word)) &
          0x80808080;
        if (special === 0) {
          at += 4;
          if (at < near) continue;
          at = this.#leap(at);
          if (at < 0) return this.#failString('a control character in a string');
          near = at + NEAR;
          continue;
        }
        at += (31 - Math.clz32(special & -special)) >> 3;
      }
      const byte = bytes[at] ?? -1;
      if (byte === QUOTE) {
        this.at = at + 1;
        return 'read';
      }
      if (byte === BACKSLASH) {
        this.escaped = true;
        at = this.#escape(at, paired);
        if (at < 0) return 'failed';
        near = at + NEAR;
      } else if (byte < 0x20) return this.#failString('a control character in a string');
      else at++;
    }
    this.at = at;
    return at < bytes.length ? 'unfinished' : this.#failString('a string without an end');
  }

  #failString(why: string): 'failed' {
    this.fail(why);
    return 'failed';
  }

  /** Skips 16 bytes at a time towards the next quote or backslash; negative if there is a control character. */
  #leap(from: number): number {
    const window = this.#window;
    const view = this.#view;
    if (this.#quote < from) this.#quote = orEnd(window.indexOf(QUOTE, from), window.length);
    if (this.#backslash < from) this.#backslash = orEnd(window.indexOf(BACKSLASH, from), window.length);
    const last = Math.min(this.#quote, this.#backslash, this.stop) - 16;
    let control = 0;
    let at = from;
    for (; at <= last; at += 16) {
      const a = view.getInt32(at, true);
      const b = view.getInt32(at + 4, true);
      const c = view.getInt32(at + 8, true);
      const d = view.getInt32(at + 12, true);
      control |=
        ((a - 0x20202020) & ~a) | ((b - 0x20202020) & ~b) | ((c - 0x20202020) & ~c) | ((d - 0x20202020) & ~d);
    }
    return (control & 0x80808080) === 0 ? at : -1;
  }

  /** The place after an escape; negative if it is invalid. */
  #escape(at: number, paired: boolean): number {
    switch (this.bytes[at + 1]) {
      case 0x22: // "
      case 0x5c: // \
      case 0x2f: // /
      case 0x62: // b
      case 0x66: // f
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        return at + 2;
      case 0x75: // u
        return this.#unicode(at, paired);
      default:
        this.fail('an unknown escape in a string');
        return -1;
    }
  }

  #unicode(at: number, paired: boolean): number {
    const unit = hexUnit(this.bytes, at + 2);
    if (unit < 0) {
      this.fail('a broken \\u escape in a string');
      return -1;
    }
    if (!paired || unit < 0xd800 || unit > 0xdfff) return at + 6;
    const low =
      this.bytes[at + 6] === BACKSLASH && this.bytes[at + 7] === 0x75 ? hexUnit(this.bytes, at + 8) : -1;
    if (unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) return at + 12;
    this.fail('half a surrogate pair in a key or a routing field');
    return -1;
  }

  number(): boolean {
    const { bytes } = this;
    let at = this.at;
    if (bytes[at] === 0x2d) at++;
    const start = at;
    at = digits(bytes, at);
    if (at === start || (bytes[start] === 0x30 && at > start + 1)) return this.fail('not a JSON value');
    if (at - start > MOST_DIGITS) return this.fail('a number of too many digits');
    if (bytes[at] === 0x2e) {
      const fraction = at + 1;
      at = digits(bytes, fraction);
      if (at === fraction) return this.fail('a broken number');
      if (at - fraction > MOST_DIGITS) return this.fail('a number of too many digits');
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const sign = bytes[at + 1];
      const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      at = digits(bytes, exponent);
      if (at === exponent) return this.fail('a broken number');
      if (at - exponent > MOST_DIGITS) return this.fail('a number of too many digits');
    }
    this.at = at;
    return true;
  }

  /** Reads `true`, `null`, or `fals`: one comparison of four bytes. */
  word(word: number): boolean {
    if (this.at + 4 > this.bytes.length || this.#view.getInt32(this.at, true) !== word) {
      return this.fail('not a JSON value');
    }
    this.at += 4;
    return true;
  }

  /** The rest of `false`. */
  lastE(): boolean {
    return this.bytes[this.at++] === 0x65 || this.fail('not a JSON value');
  }
}

function orEnd(at: number, end: number): number {
  return at < 0 ? end : at;
}

/** The place after the digits, or after one more than a number may have. */
function digits(bytes: Buffer, from: number): number {
  const end = Math.min(bytes.length, from + MOST_DIGITS + 1);
  let at = from;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) break;
    at++;
  }
  return at;
}
