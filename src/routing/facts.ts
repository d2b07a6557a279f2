import type { BodyFields, DeliveryFacts, Platform, Reply, RequestHead } from './platform.ts';

const TAKEN: Reply = { status: 200, contentType: null, body: '' };

/** What that platform knows of a request of its own beyond whom it is for. */
export function factsOf(platform: Platform, head: RequestHead, body: BodyFields | null): DeliveryFacts {
  const waits = platform.synchronous(head, body);
  return {
    spoolable: !waits && platform.spoolable?.(head, body) === true,
    acknowledgement: platform.acknowledgement?.(head, body) ?? TAKEN,
    dedupKey: waits ? undefined : platform.dedupKey?.(head, body),
    orderKey: platform.orderKey?.(head, body),
  };
}
