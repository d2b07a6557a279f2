import type { RequestHead } from './platform.ts';
import { platforms } from './platforms/index.ts';

/**
 * How long the sender of a request waits that host and path alone route: known where a platform's mark is in the
 * head, whether or not a route uses that platform. In ms from the request's first byte, else null.
 */
export function senderDeadline(head: RequestHead): number | null {
  const platform = platforms.find((one) => one.recognises(head) === true);
  return platform?.deadline(head, null) ?? null;
}
