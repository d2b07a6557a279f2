/** Whether both name the same service: letter case and a trailing slash aside, which Microsoft's SDKs do not agree on. */
export function sameUrl(one: string, other: string | undefined): boolean {
  return other !== undefined && bare(one) === bare(other);
}

/** Whether the URL is the prefix itself or below it, in whole segments: no other host begins with one of these. */
export function isWithin(url: string | undefined, prefix: string): boolean {
  if (url === undefined) return false;
  const base = bare(prefix);
  return bare(url) === base || url.toLowerCase().startsWith(`${base}/`);
}

function bare(url: string): string {
  return url.toLowerCase().replace(/\/$/, '');
}
