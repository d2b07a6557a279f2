/** The value of a hex digit's byte, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

/** The value of the four hex digits at that place, or -1. */
export function hexUnit(bytes: Buffer, from: number): number {
  let unit = 0;
  for (let at = from; at < from + 4; at++) {
    const digit = hexDigit(bytes[at] ?? 0);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/**
 * Decodes the inside of a valid JSON string without half surrogate pairs to UTF-8, as many whole characters as fit into
 * `target`: the string may be long, the work is not. Returns the length.
 */
export function decodeString(bytes: Buffer, start: number, end: number, target: Buffer): number {
  let length = 0;
  for (let at = start; at < end; ) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0x5c) {
      if (length === target.length) break;
      target[length++] = byte;
      at++;
      continue;
    }
    const letter = bytes[at + 1] ?? 0;
    let code = simpleEscape(letter);
    at += 2;
    if (letter === 0x75) {
      code = hexUnit(bytes, at);
      at += 4;
      if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + hexUnit(bytes, at + 2) - 0xdc00;
        at += 6;
      }
    }
    const after = length + encodedLength(code);
    if (after > target.length) break;
    encode(code, target, length);
    length = after;
  }
  return length;
}

function simpleEscape(letter: number): number {
  switch (letter) {
    case 0x62: // b
      return 0x08;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    default:
      return letter;
  }
}

function encodedLength(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** RFC 3629 §3. */
function encode(code: number, target: Buffer, at: number): void {
  switch (encodedLength(code)) {
    case 1:
      target[at] = code;
      return;
    case 2:
      target[at] = 0xc0 | (code >> 6);
      break;
    case 3:
      target[at] = 0xe0 | (code >> 12);
      target[at + 1] = 0x80 | ((code >> 6) & 0x3f);
      break;
    default:
      target[at] = 0xf0 | (code >> 18);
      target[at + 1] = 0x80 | ((code >> 12) & 0x3f);
      target[at + 2] = 0x80 | ((code >> 6) & 0x3f);
  }
  target[at + encodedLength(code) - 1] = 0x80 | (code & 0x3f);
}
