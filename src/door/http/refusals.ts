import { DoorError } from '../../errors.ts';

/** What the operator is told of a refused request. */
export interface Refused {
  readonly requestId: string;
  readonly req: { readonly method?: string | undefined; readonly url?: string | undefined };
}

/** Tells the operator of a request that got no whole answer from a gateway. */
export type ReportRefusal = (error: DoorError, request: Refused, profile: string | null) => void;

/** An exception that nobody foresaw ends one request, never the process. */
export function asDoorError(error: unknown): DoorError {
  if (error instanceof DoorError) return error;
  return new DoorError('GWPROXY_INTERNAL', 'something in gwproxy went wrong', { cause: error });
}

export function noRoute(): DoorError {
  return new DoorError('GWPROXY_NO_ROUTE', 'no route claims this request');
}

/** Before the first snapshot nobody knows what is routed where. */
export function notReadyYet(): DoorError {
  return new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'gwproxy is starting', { retryAfter: 1 });
}

/** For the operator to settle; until then the sender repeats the batch, as late as it will. */
export function mixedBatch(): DoorError {
  return new DoorError('GWPROXY_MIXED_BATCH', 'the batch is for several bots that do not share it', {
    retryAfter: 60,
  });
}
