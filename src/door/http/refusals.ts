import { DoorError } from '../../errors.ts';

/** The parts of a refused request that are reported. */
export interface Refused {
  readonly requestId: string;
  readonly req: { readonly method?: string | undefined; readonly url?: string | undefined };
}

/** Reports a request that got no complete answer from a gateway. */
export type ReportRefusal = (error: DoorError, request: Refused, profile: string | null) => void;

/** The error as a DoorError: an unexpected one becomes a 500 for this request, and never ends the process. */
export function asDoorError(error: unknown): DoorError {
  if (error instanceof DoorError) return error;
  return new DoorError('GWPROXY_INTERNAL', 'gwproxy failed to handle this request', { cause: error });
}

export function noRoute(): DoorError {
  return new DoorError('GWPROXY_NO_ROUTE', 'no route claims this request');
}

/** Before the first snapshot there are no routes. */
export function notReadyYet(): DoorError {
  return new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'gwproxy is starting', { retryAfter: 1 });
}

/** The operator must allow or split the batch; the sender repeats it until then. */
export function mixedBatch(): DoorError {
  return new DoorError('GWPROXY_MIXED_BATCH', 'the batch is for several bots that do not share it', {
    retryAfter: 60,
  });
}
