import type { Exchange } from './exchange.ts';
import type { Head } from './head.ts';
import type { Parts } from './parts.ts';
import { checkLength, receive } from './receive.ts';

/** What of a request's body is forwarded; 'streamed' is read as its gateway takes it. */
export type Body = Buffer | 'streamed';

/** The body where more than one must read it: held in memory, and bounded. Rejects as `receive` does. */
export function whole(parts: Parts, exchange: Exchange, head: Head): Promise<Buffer> {
  checkLength(head.length, parts.limits.body);
  return receive(exchange, parts.limits.body, parts.budget);
}
