/** What a public path prefix looks like; `prefixFault` says more. */
export const PREFIX = /^\/(?!.*\/\/)[!-~]*$/;
/** A health path goes into a request line as it is: visible ASCII alone. */
export const HEALTH_PATH = /^\/[!-~]*$/;

/**
 * Why a path cannot be a prefix of public paths, or null. The door compares paths as received, so a prefix
 * that a client's normalising would change could never be reached, or could be reached around.
 */
export function prefixFault(path: string): string | null {
  if (!path.startsWith('/')) return "must start with '/'";
  if (/[?#]/.test(path)) return 'must be a path alone, without a query or a fragment';
  if (path.includes('*')) return "is a prefix as it stands: leave out the '*'";
  if (path.includes('//')) return "must not hold '//'";
  if (path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) {
    return "must not hold '.' or '..' segments";
  }
  if (/[^!-~]|\\/.test(path)) return 'must be visible ASCII without backslashes; percent-encode the rest';
  return null;
}

/** In whole segments, without the trailing slash; '' is every path. */
export function barePrefix(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
