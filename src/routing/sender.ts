import type { RequestHead } from './platform.ts';
import { platforms } from './platforms/index.ts';

/**
 * How long the sender waits, in ms from the request's first byte, for a request that host and path alone route. Null
 * unless a platform recognises the head; no route needs to use that platform.
 */
export function senderDeadline(head: RequestHead): number | null {
  const platform = platforms.find((one) => one.recognises(head) === true);
  return platform?.deadline(head, null) ?? null;
}
