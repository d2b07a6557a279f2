import { type ContentType, parseContentType } from '../../routing/body/content-type.ts';
import { type BodyType, isEncoded, type Refusal } from '../../routing/body/inspect.ts';

const BYTE_ORDER_MARKS: readonly Buffer[] = [
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xfe, 0xff]),
];

/** Charsets in which the characters of JSON's syntax are the bytes of ASCII. */
const LIKE_ASCII = /^(?:utf-8|us-ascii|ascii|iso-8859-\d{1,2}|latin1|windows-125\d)$/;

/** Tab, line feed, carriage return, blank (RFC 8259 §2), and NUL, with which UTF-16 and UTF-32 write them. */
const BLANKS: ReadonlySet<number> = new Set([0x00, 0x09, 0x0a, 0x0d, 0x20]);

/**
 * Whether a body that starts so may be an object or array of JSON, in any encoding that a parser of JSON tells by itself
 * (Python's `json.loads`). True if it starts with blanks alone, which say nothing. Some gateways read JSON whatever the
 * Content-Type says (aiohttp's `request.json()` in a handler that does not look at it, Flask's `force=True`).
 */
export function mayStartJson(start: Buffer): boolean {
  const mark = BYTE_ORDER_MARKS.find((bytes) => start.subarray(0, bytes.length).equals(bytes));
  // Only a text has the marks of UTF-16.
  if (mark?.length === 2) return true;
  const first = start.subarray(mark?.length ?? 0).find((byte) => !BLANKS.has(byte));
  return first === undefined || first === 0x7b || first === 0x5b;
}

/**
 * Why the start of a body that is labelled as another format than JSON does not tell whether it is JSON: it is compressed,
 * or in a charset that does not write ASCII as ASCII. Null if it tells.
 */
export function whyJsonMayBeHidden(type: BodyType): Refusal | null {
  if (isEncoded(type)) return hidden('a body with a Content-Encoding');
  const charset = charsetOf(type.contentType);
  return charset === undefined || LIKE_ASCII.test(charset) ? null : hidden('a body in that charset');
}

function charsetOf(contentType: string | undefined): ContentType['charset'] {
  return contentType === undefined ? undefined : parseContentType(contentType)?.charset;
}

function hidden(what: string): Refusal {
  return { code: 'GWPROXY_ENCODING', detail: `${what} cannot be told from a sender's that must be verified` };
}
