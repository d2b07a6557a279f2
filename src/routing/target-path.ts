const SLASH = 0x2f;
const DOT = 0x2e;

/** More layers of percent-encoding than any gateway decodes by mistake. */
const MOST_LAYERS = 3;

/**
 * Why a request's path is refused: a gateway might read it as another path than the one it was routed by. Undefined for
 * an acceptable path. `path` is as received, without the query.
 */
export function checkPath(path: string): string | undefined {
  if (path.charCodeAt(0) !== SLASH) return "the path does not start with '/'";
  // URL parsers read an authority there: new URL('//a/b', base) is the path /b at the host a.
  if (path.charCodeAt(1) === SLASH) return "the path starts with '//'";
  let odd = false;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) return 'a byte in the path that must be percent-encoded';
    if (code === 0x23) return "a '#' in the path";
    if (code === 0x5c) return "a '\\' in the path";
    odd ||= code === 0x25 || (code === DOT && path.charCodeAt(at - 1) === SLASH);
  }
  return odd ? checkOdd(path) : undefined;
}

/** Checks the path as received and after each layer of percent-decoding, since a gateway may decode it. */
function checkOdd(path: string): string | undefined {
  // IIS and JavaScript's unescape read these; RFC 3986 §2.1 does not know them.
  if (/%u[0-9a-f]{4}/i.test(path)) return "a '%u' in the path";
  let seen = path;
  for (let layer = 0; layer <= MOST_LAYERS; layer++) {
    if (seen.includes('\0')) return 'a NUL in the path';
    if (OVERLONG.test(seen)) return 'an overlong encoding in the path';
    const bare = bareText(seen);
    if (bare.split(/[/\\]/).some(isDotSegment)) return 'a dot segment in the path';
    if (/^[/\\]{2}/.test(bare)) return "the path starts with '//'";
    // What is removed may have hidden an escape: '%<tab>2e'.
    const bytes = Buffer.from(bare).toString('latin1');
    const decoded = bytes.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === bytes) return undefined;
    seen = decoded;
  }
  return 'the path is percent-encoded too many times';
}

/**
 * RFC 3629 §3: these bytes are never in UTF-8, but lenient decoders read '.' or '/' from sequences with them. Longer
 * sequences than four bytes do not exist; the others here begin with more zeros than a character needs.
 */
const OVERLONG = /[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]|\xf8[\x80-\x87]|\xfc[\x80-\x83]/;

/**
 * The text of a path, each character of which is a byte, as the most lenient server reads it: without what somebody
 * removes or cannot see. URL parsers remove tabs and line breaks wherever they are (https://url.spec.whatwg.org/#concept-basic-url-parser),
 * Windows removes blanks, decoders skip bytes that are no UTF-8, and file systems compare names in a normal form, in which
 * '．' is '.' and '／' is '/'.
 */
function bareText(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8').normalize('NFKC');
  return text.replace(/[\p{Cc}\p{White_Space}\p{Default_Ignorable_Code_Point}\ufffd]/gu, '');
}

/**
 * Dots alone, or followed by what cannot go on with a name: servers cut a segment at ';' (`/..;a=b/`), and after decoding
 * also at '?' or '#'. A '%' with two digits is decoded in the next layer.
 */
function isDotSegment(segment: string): boolean {
  return /^\.+(?![\p{L}\p{N}\p{M}._~-]|%[0-9a-f]{2})/iu.test(segment);
}

/** Whether `path` is below `prefix`, compared literally and in whole segments. '' and '/' are prefixes of every path. */
export function matchesPrefix(path: string, prefix: string): boolean {
  if (prefix === '' || prefix === '/') return true;
  return (
    path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH)
  );
}

/** The candidate whose `paths` has the longest prefix of that path; the first of equals; undefined if none has. */
export function pickByPath<T extends { readonly paths: readonly string[] }>(
  candidates: readonly T[],
  path: string,
): T | undefined {
  let best: T | undefined;
  let longest = -1;
  for (const candidate of candidates) {
    for (const prefix of candidate.paths) {
      const length = prefix === '/' ? 0 : prefix.length;
      if (length <= longest || !matchesPrefix(path, prefix)) continue;
      best = candidate;
      longest = length;
    }
  }
  return best;
}

/**
 * The path without its prefix, as the gateway of a route with `strip_prefix` gets it; '/' if nothing is left. Undefined
 * if the rest would read as an authority ('//…', also in some encoding). `path` must be sound, and below `prefix`.
 */
export function withoutPrefix(path: string, prefix: string): string | undefined {
  const rest = path.slice(prefix.length);
  if (rest === '') return '/';
  return checkPath(rest) === undefined ? rest : undefined;
}
