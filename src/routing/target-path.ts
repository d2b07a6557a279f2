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
  let seen = path;
  for (let layer = 0; layer <= MOST_LAYERS; layer++) {
    if (seen.includes('\0')) return 'a NUL in the path';
    // RFC 3629 §3: these bytes are never in UTF-8, but lenient decoders read '.' or '/' from sequences with them.
    if (/[\xc0\xc1]/.test(seen)) return 'an overlong encoding in the path';
    if (hasDotSegment(seen)) return 'a dot segment in the path';
    const decoded = seen.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === seen) return undefined;
    seen = decoded;
  }
  return 'the path is percent-encoded too many times';
}

/** A segment of one or two dots, also between backslashes or with a parameter (`/..;a=b/`). */
function hasDotSegment(path: string): boolean {
  return path.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment));
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
 * if the rest would read as an authority ('//…'). `path` must be below `prefix`.
 */
export function withoutPrefix(path: string, prefix: string): string | undefined {
  const rest = path.slice(prefix.length);
  if (rest === '') return '/';
  return rest.startsWith('//') ? undefined : rest;
}
