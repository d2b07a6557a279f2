import { DoorError } from '../../../errors.ts';

/** full: a limit is reached. disk: the delivery cannot be written. closed: gwproxy is stopping. */
export type RefusedBecause = 'full' | 'disk' | 'closed';

const DETAILS: { readonly [Because in RefusedBecause]: string } = {
  full: 'too many deliveries wait for this gateway',
  disk: 'the delivery cannot be stored',
  closed: 'gwproxy is stopping',
};

/** The delivery is not in the spool: its sender must get 503, never a 2xx. */
export class SpoolRefused extends DoorError {
  readonly because: RefusedBecause;

  /** `cause` is the system's error, for the operator. */
  constructor(because: RefusedBecause, cause?: unknown) {
    super('GWPROXY_OVERLOADED', DETAILS[because], {
      retryAfter: 1,
      ...(cause !== undefined && { cause }),
    });
    this.name = 'SpoolRefused';
    this.because = because;
  }
}
