import { checkPath } from '../../routing/target-path.ts';

/** The JSON Schema's pattern of a public path prefix. `prefixFault` checks more. */
export const PREFIX = /^\/(?!.*\/\/)[!-~]*$/;
/** Visible ASCII only, since a health path is sent in the request line as written. */
export const HEALTH_PATH = /^\/[!-~]*$/;

/**
 * Why a path cannot be a public path prefix, or null. The door compares paths as received, and clients normalise paths:
 * a prefix with `..` or `//` would match no request, or could be bypassed.
 */
export function prefixFault(path: string): string | null {
  if (!path.startsWith('/')) return "must start with '/'";
  if (/[?#]/.test(path)) return 'must be a path without a query or a fragment';
  if (path.includes('*')) return "is already a prefix; leave out the '*'";
  if (path.includes('//')) return "must not hold '//'";
  if (path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) {
    return "must not hold '.' or '..' segments";
  }
  if (/[^!-~]|\\/.test(path)) return 'must be visible ASCII without backslashes; percent-encode the rest';
  return null;
}

/**
 * Why a path cannot be put before the paths of requests, or null. Every path that the door lets pass must stay below the
 * prefix, however leniently a gateway decodes the two together. So the prefix is no path that the door would refuse, and
 * decodes in one step to text that is complete: a byte that a decoder waits for could be the slash behind the prefix.
 */
export function addedPrefixFault(path: string): string | null {
  const fault = prefixFault(path);
  if (fault !== null) return fault;
  const decoded = decode(path);
  if (decoded === null) return 'must be percent-encoded UTF-8';
  // With the slash that follows it: to a decoder that drops a tab, '/%09/' is '//'.
  return decoded.includes('%') || checkPath(`${barePrefix(path)}/`) !== undefined
    ? "must not hold an encoded '%', '/', '.' segment or control character"
    : null;
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Removes the trailing slash; '' is every path. */
export function barePrefix(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
