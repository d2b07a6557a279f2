/** How far a signed timestamp may be from now, either way, in ms: a replay comes later. As Slack's SDKs have it. */
export const FRESH_WINDOW = 5 * 60 * 1000;

/**
 * A header's timestamp in Unix seconds, to epoch ms. Null where it is none, or so far from now that it could be
 * anyone's who once saw the request.
 */
export function freshTime(written: string | undefined, now: number): number | null {
  if (written === undefined || !/^\d{1,12}$/.test(written)) return null;
  const at = Number(written) * 1000;
  return Math.abs(now - at) <= FRESH_WINDOW ? at : null;
}
