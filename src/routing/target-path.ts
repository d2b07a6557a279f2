const SLASH = 0x2f;
const DOT = 0x2e;

/** More layers of percent-encoding than any gateway takes off by mistake. */
const MOST_LAYERS = 3;

/**
 * Why a request's path is refused: a gateway might read it as another path than the one it was routed by.
 * Undefined where it is sound. `path` is as received, without the query.
 */
export function checkPath(path: string): string | undefined {
  if (path.charCodeAt(0) !== SLASH) return "the path does not start with '/'";
  // As URL parsers see it, what follows is an authority: new URL('//a/b', base) is the path /b at host a.
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

/** Looks at a path as it is and with each layer of percent-encoding off, as gateways may take it off. */
function checkOdd(path: string): string | undefined {
  let seen = path;
  for (let layer = 0; layer <= MOST_LAYERS; layer++) {
    if (seen.includes('\0')) return 'a NUL in the path';
    // RFC 3629 §3: never in UTF-8, but lenient decoders make a '.' or a '/' of what starts with them.
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

/** A segment of one or two dots, also between backslashes and with a parameter behind it (`/..;a=b/`). */
function hasDotSegment(path: string): boolean {
  return path.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment));
}

/** Whether `path` lies within `prefix`: literally, and by whole segments. '' and '/' hold every path. */
export function matchesPrefix(path: string, prefix: string): boolean {
  if (prefix === '' || prefix === '/') return true;
  return (
    path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH)
  );
}

/**
 * The one whose `paths` has the longest prefix of that path; the first of several such; undefined for none.
 */
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
 * The path that a gateway sees where its route takes `prefix` off; '/' where nothing is left. Undefined where
 * the rest would read as an authority ('//…'). `path` must lie within `prefix`.
 */
export function withoutPrefix(path: string, prefix: string): string | undefined {
  const rest = path.slice(prefix.length);
  if (rest === '') return '/';
  return rest.startsWith('//') ? undefined : rest;
}
