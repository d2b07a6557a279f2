import { isUtf8 } from 'node:buffer';
import { hexDigit } from './json-lexer.ts';

/** Node's querystring and Express ignore all further fields; other parsers do not. */
export const MOST_FIELDS = 1000;

/** Bytes, as received; no routing field's name is nearly as long. */
const LONGEST_NAME = 1024;

export type FormRead =
  /** The value of each wanted field that is there, decoded to UTF-8. */
  | { readonly outcome: 'read'; readonly values: ReadonlyMap<string, Buffer> }
  | { readonly outcome: 'invalid' | 'ambiguous'; readonly detail: string };

/**
 * Reads the wanted fields of an application/x-www-form-urlencoded body (WHATWG URL §5.1). A body that parsers are known to
 * read differently is refused: a repeated wanted field, `field[]` for a wanted field (PHP, Rails and Express make it the
 * same field), a raw ';' (a separator for old parsers), a leading '{' or '[' (Bolt for Python reads such a body as JSON).
 */
export function readForm(bytes: Buffer, wanted: ReadonlySet<string>): FormRead {
  const first = bytes[0];
  if (first === 0x7b || first === 0x5b) return invalid('a form that starts like JSON');
  if (first === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return invalid('a byte order mark');
  if (bytes.includes(0x3b)) return ambiguous("a raw ';', which some parsers read as '&'");
  const values = new Map<string, Buffer>();
  let fields = 0;
  for (let start = 0; start < bytes.length; ) {
    const amp = bytes.indexOf(0x26, start);
    const pair = bytes.subarray(start, amp < 0 ? bytes.length : amp);
    start += pair.length + 1;
    if (pair.length === 0) continue;
    if (++fields > MOST_FIELDS) return invalid(`more than ${MOST_FIELDS} fields`);
    const equals = pair.indexOf(0x3d);
    const nameEnd = equals < 0 ? pair.length : equals;
    if (nameEnd > LONGEST_NAME) return invalid("a field's name is too long");
    const name = decode(pair.subarray(0, nameEnd))?.toString('utf8');
    if (name === undefined) return invalid("bad percent-encoding in a field's name");
    const bracket = name.indexOf('[');
    if (bracket > 0 && wanted.has(name.slice(0, bracket))) return ambiguous('a routing field with brackets');
    if (!wanted.has(name)) continue;
    if (values.has(name)) return ambiguous('a routing field is repeated');
    const value = decode(pair.subarray(equals < 0 ? pair.length : equals + 1));
    if (value === undefined) return invalid('bad percent-encoding in a routing field');
    if (!isUtf8(value)) return invalid('a routing field is not UTF-8');
    if (value.includes(0)) return invalid('a NUL in a routing field');
    values.set(name, value);
  }
  return { outcome: 'read', values };
}

function invalid(detail: string): FormRead {
  return { outcome: 'invalid', detail };
}

function ambiguous(detail: string): FormRead {
  return { outcome: 'ambiguous', detail };
}

/** Decodes '+' to a space and %XX to a byte; undefined if a '%' is not followed by two hex digits. */
function decode(raw: Buffer): Buffer | undefined {
  if (!raw.includes(0x25) && !raw.includes(0x2b)) return raw;
  const decoded = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    let byte = raw[at] ?? 0;
    if (byte === 0x2b) byte = 0x20;
    else if (byte === 0x25) {
      const high = hexDigit(raw[at + 1] ?? 0);
      const low = hexDigit(raw[at + 2] ?? 0);
      if (high < 0 || low < 0) return undefined;
      byte = high * 16 + low;
      at += 2;
    }
    decoded[length++] = byte;
  }
  return decoded.subarray(0, length);
}
