import { DoorError } from '../../../errors.ts';

/** full: a limit is reached. disk: it cannot be written. closed: gwproxy is stopping. */
export type RefusedBecause = 'full' | 'disk' | 'closed';

const DETAILS: { readonly [Because in RefusedBecause]: string } = {
  full: 'too many deliveries wait for this gateway',
  disk: 'the delivery cannot be kept',
  closed: 'gwproxy is stopping',
};

/** A delivery that is not in the spool: its sender must hear 503, and never that it was taken. */
export class SpoolRefused extends DoorError {
  readonly because: RefusedBecause;

  /** `cause` is the system's, for the operator. */
  constructor(because: RefusedBecause, cause?: unknown) {
    super('GWPROXY_OVERLOADED', DETAILS[because], {
      retryAfter: 1,
      ...(cause !== undefined && { cause }),
    });
    this.name = 'SpoolRefused';
    this.because = because;
  }
}
