import type { RequestHead } from '../platform.ts';

export interface ContentType {
  readonly format: 'json' | 'form' | 'xml' | 'other';
  /** In lower case; undefined if none is given. */
  readonly charset: string | undefined;
}

// RFC 9110 §5.6.2 and §5.6.6: tokens, and parameters whose value is a token or a quoted string.
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED = '"((?:[\\t !#-[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*)"';
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}`);
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|${QUOTED}))?`, 'y');

/** The common values, which need no parsing. */
const COMMON: ReadonlyMap<string, ContentType> = new Map([
  ['application/json', { format: 'json', charset: undefined }],
  ['application/json; charset=utf-8', { format: 'json', charset: 'utf-8' }],
  ['application/x-www-form-urlencoded', { format: 'form', charset: undefined }],
]);

/**
 * Parses a Content-Type (RFC 9110 §8.3). Undefined if it is malformed or has two charsets, since two parsers may use
 * different ones.
 */
export function parseContentType(value: string): ContentType | undefined {
  const common = COMMON.get(value);
  if (common !== undefined) return common;
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
    if (match[1]?.toLowerCase() !== 'charset') continue;
    if (charset !== undefined) return undefined;
    charset = (match[2] ?? match[3]?.replace(/\\(.)/g, '$1') ?? '').toLowerCase();
  }
  return { format: formatOf(essence.toLowerCase()), charset };
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
