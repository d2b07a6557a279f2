/** Ms that a signed timestamp may differ from now either way, as in Slack's SDKs; a later replay is refused. */
export const FRESH_WINDOW = 5 * 60 * 1000;

/**
 * A header's timestamp in Unix seconds as epoch ms. Null if it is not one, or so old that the request may be a replay.
 */
export function freshTime(written: string | undefined, now: number): number | null {
  if (written === undefined || !/^\d{1,12}$/.test(written)) return null;
  const at = Number(written) * 1000;
  return Math.abs(now - at) <= FRESH_WINDOW ? at : null;
}
