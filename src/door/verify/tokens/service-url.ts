/**
 * Whether both are the same service URL. Letter case and a trailing slash do not count, since Microsoft's SDKs differ
 * in them.
 */
export function sameUrl(one: string, other: string | undefined): boolean {
  return other !== undefined && bare(one) === bare(other);
}

/** Whether the URL is the prefix or below it by whole segments, so that no other host matches. */
export function isWithin(url: string | undefined, prefix: string): boolean {
  if (url === undefined) return false;
  const base = bare(prefix);
  return bare(url) === base || url.toLowerCase().startsWith(`${base}/`);
}

function bare(url: string): string {
  return url.toLowerCase().replace(/\/$/, '');
}
