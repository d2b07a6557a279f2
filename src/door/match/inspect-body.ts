import { type BodyReads, beginInspection, bodyTypeOf, type Inspection } from '../../routing/body/inspect.ts';
import type { RequestHead } from '../../routing/platform.ts';
import { inSlices, type LoopShare } from '../../util/loop-share.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';

/**
 * Reads the routing fields of a body in slices, so that a long one holds nobody up; returns synchronously for a usual
 * one. Rejects with ClientDisconnected, and with GWPROXY_OVERLOADED if the body's memory was given to another; `exchange` is
 * null if the work is to be done all the same.
 */
export function inspectBody(
  loop: LoopShare,
  exchange: Pick<Exchange, 'isDisconnected' | 'memory'> | null,
  head: RequestHead,
  body: Buffer,
  reads: BodyReads,
): Inspection | Promise<Inspection> {
  const begun = beginInspection(bodyTypeOf(head), body, reads);
  if ('outcome' in begun) return begun;
  return inSlices(loop, body.length, (steps) => {
    if (exchange?.isDisconnected === true) throw new ClientDisconnected();
    exchange?.memory?.checkNotEvicted();
    return begun.read(steps);
  });
}
