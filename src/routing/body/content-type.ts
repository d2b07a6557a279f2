import type { RequestHead } from '../platform.ts';

export interface ContentType {
  readonly format: 'json' | 'form' | 'xml' | 'other';
  /** In lower case, and 'utf-8' for every label of UTF-8; undefined if none is given. */
  readonly charset: string | undefined;
}

// RFC 9110 §5.6.2 and §5.6.6: tokens, and parameters whose value is a token or a quoted string.
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED = '"((?:[\\t !#-[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*)"';
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}`);
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})(?:=(?:(${TOKEN})|${QUOTED}))?)?`, 'y');

/** The labels of UTF-8 (https://encoding.spec.whatwg.org/#names-and-labels). No other encoding has any of them. */
const UTF8_LABELS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'unicode-1-1-utf-8',
  'unicode11utf8',
  'unicode20utf8',
  'x-unicode20utf8',
]);

/** Characters. Every platform asks for the format; a boundary, the longest parameter, has at most 70 (RFC 2046 §5.1.1). */
const LONGEST = 1024;

/** The common values, which need no parsing. */
const COMMON: ReadonlyMap<string, ContentType> = new Map([
  ['application/json', { format: 'json', charset: undefined }],
  ['application/json; charset=utf-8', { format: 'json', charset: 'utf-8' }],
  ['application/x-www-form-urlencoded', { format: 'form', charset: undefined }],
]);

/**
 * Parses a Content-Type (RFC 9110 §8.3). A parameter without a value must be a label of UTF-8 (`; utf-8`), which some
 * senders write for a charset. Undefined if it is malformed or has two different charsets, since two parsers may use
 * different ones.
 */
export function parseContentType(value: string): ContentType | undefined {
  const common = COMMON.get(value);
  if (common !== undefined) return common;
  if (value.length > LONGEST) return undefined;
  const essence = MEDIA_TYPE.exec(value)?.[0];
  if (essence === undefined) return undefined;
  let charset: string | undefined;
  let at = essence.length;
  const end = value.trimEnd().length;
  while (at < end) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(value);
    if (match === null) return undefined;
    at = PARAMETER.lastIndex;
    const [, name, token, quoted] = match;
    if (name === undefined) continue;
    const given = token ?? quoted?.replace(/\\(.)/g, '$1');
    if (given === undefined && charsetOf(name) !== 'utf-8') return undefined;
    if (given !== undefined && name.toLowerCase() !== 'charset') continue;
    const read = charsetOf(given ?? name);
    if (charset !== undefined && charset !== read) return undefined;
    charset = read;
  }
  return { format: formatOf(essence.toLowerCase()), charset };
}

/** A charset's name in lower case. Single quotes around it are no part of it, though RFC 9110 knows only double ones. */
function charsetOf(label: string): string {
  const name = label.toLowerCase().replace(/^'(.*)'$/, '$1');
  return UTF8_LABELS.has(name) ? 'utf-8' : name;
}

function formatOf(essence: string): ContentType['format'] {
  if (essence === 'application/x-www-form-urlencoded') return 'form';
  if (essence === 'application/json' || essence === 'text/json') return 'json';
  if (essence === 'text/xml' || essence === 'application/xml') return 'xml';
  return essence.startsWith('application/') && essence.endsWith('+json') ? 'json' : 'other';
}

/** The format in the Content-Type of a request; 'unknown' if that is missing or malformed. */
export function bodyFormat(head: RequestHead): ContentType['format'] | 'unknown' {
  const value = head.header('content-type');
  return (value === undefined ? undefined : parseContentType(value)?.format) ?? 'unknown';
}
