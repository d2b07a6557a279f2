const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes of a string after which a native search for its end is faster than testing four bytes at a time. */
const NEAR = 64;

/** The words of JSON as the little-endian numbers of their first four bytes. */
export const TRUE = 0x65757274;
export const NULL = 0x6c6c756e;
export const FALS = 0x736c6166;

/** Python refuses integers with more digits (CVE-2020-10735), JavaScript does not; a gateway may use either. */
const MOST_DIGITS = 4300;

/**
 * The tokens of JSON (RFC 8259) in bytes that are known to be UTF-8. Each method starts at `at`, moves `at` behind the
 * token and returns whether it is well formed; if not, `failure` says why. Its allocations do not grow with the body.
 */
export class JsonLexer {
  readonly bytes: Buffer;
  at = 0;
  failure = '';
  /** Whether the last string held an escape. */
  escaped = false;
  readonly #view: DataView;
  /** Where the next quote and the next backslash are, so that each byte is searched only once. */
  #quote = -1;
  #backslash = -1;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(why: string): false {
    this.failure = why;
    return false;
  }

  /** Goes back to an earlier place. */
  rewind(at: number): void {
    this.at = at;
    this.#quote = -1;
    this.#backslash = -1;
  }

  /** Skips white space and returns the next byte without reading it; -1 at the end. */
  peek(): number {
    for (; this.at < this.bytes.length; this.at++) {
      const byte = this.bytes[this.at] ?? -1;
      if (byte > 0x20) return byte;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    return -1;
  }

  /**
   * Reads a string, testing four bytes at a time. With `paired`, a \u escape that is half a surrogate pair is refused,
   * since decoders disagree on it.
   */
  string(paired: boolean): boolean {
    const view = this.#view;
    const { bytes } = this;
    const lastWord = bytes.length - 4;
    this.escaped = false;
    let at = this.at + 1;
    let near = at + NEAR;
    while (at < bytes.length) {
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
          if (at < 0) return this.fail('a control character in a string');
          near = at + NEAR;
          continue;
        }
        at += (31 - Math.clz32(special & -special)) >> 3;
      }
      const byte = bytes[at] ?? -1;
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte === BACKSLASH) {
        this.escaped = true;
        at = this.#escape(at, paired);
        if (at < 0) return false;
        near = at + NEAR;
      } else if (byte < 0x20) return this.fail('a control character in a string');
      else at++;
    }
    return this.fail('a string without an end');
  }

  /** Skips 16 bytes at a time towards the next quote or backslash; negative if there is a control character. */
  #leap(from: number): number {
    const { bytes } = this;
    const view = this.#view;
    if (this.#quote < from) this.#quote = orEnd(bytes.indexOf(QUOTE, from), bytes.length);
    if (this.#backslash < from) this.#backslash = orEnd(bytes.indexOf(BACKSLASH, from), bytes.length);
    const last = Math.min(this.#quote, this.#backslash) - 16;
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
    const unit = this.#hex(at + 2);
    if (unit < 0) {
      this.fail('a broken \\u escape in a string');
      return -1;
    }
    if (!paired || unit < 0xd800 || unit > 0xdfff) return at + 6;
    const low = this.bytes[at + 6] === BACKSLASH && this.bytes[at + 7] === 0x75 ? this.#hex(at + 8) : -1;
    if (unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) return at + 12;
    this.fail('half a surrogate pair in a key or a routing field');
    return -1;
  }

  /** The value of four hex digits, or -1. */
  #hex(from: number): number {
    let unit = 0;
    for (let at = from; at < from + 4; at++) {
      const digit = hexDigit(this.bytes[at] ?? 0);
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  number(): boolean {
    const { bytes } = this;
    let at = this.at;
    if (bytes[at] === 0x2d) at++;
    const start = at;
    at = digits(bytes, at);
    if (at === start || (bytes[start] === 0x30 && at > start + 1)) return this.fail('not a JSON value');
    if (at - start > MOST_DIGITS) return this.fail('an integer of too many digits');
    if (bytes[at] === 0x2e) {
      const fraction = at + 1;
      at = digits(bytes, fraction);
      if (at === fraction) return this.fail('a broken number');
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const sign = bytes[at + 1];
      const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      at = digits(bytes, exponent);
      if (at === exponent) return this.fail('a broken number');
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
}

function orEnd(at: number, end: number): number {
  return at < 0 ? end : at;
}

function digits(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) break;
    at++;
  }
  return at;
}

/** The value of a hex digit's byte, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
