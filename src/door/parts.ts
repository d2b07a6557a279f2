import type { Limits, PublicUrl } from '../config/types.ts';
import type { DoorError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { SupervisorPort } from '../snapshot.ts';
import type { Counters } from './counters.ts';
import type { Hold } from './hold.ts';
import type { Leases } from './leases.ts';
import type { LeftBehind } from './left-behind.ts';
import type { Budget } from './receive.ts';
import type { Repeats } from './repeats.ts';
import type { Ruling } from './ruling.ts';
import type { Spool } from './spool/spool.ts';
import type { Taken } from './taken.ts';
import type { Timers } from './timers.ts';
import type { Unmatched } from './unmatched.ts';
import type { Upstreams } from './upstreams.ts';

/** What every step of a request's way may use. */
export interface Parts {
  /** As they are now, and so is publicUrl: to be read anew for each request. */
  readonly limits: Limits;
  readonly publicUrl: PublicUrl | null;
  readonly supervisor: SupervisorPort;
  readonly now: () => number;
  readonly timers: Timers;
  readonly counters: Counters;
  readonly leases: Leases;
  readonly upstreams: Upstreams;
  readonly hold: Hold;
  readonly budget: Budget;
  readonly unmatched: Unmatched;
  readonly taken: Taken;
  readonly repeats: Repeats;
  readonly leftBehind: LeftBehind;
  /** Null where this door has none. */
  readonly spool: Spool | null;
  readonly report: Report;
  /** Of the newest snapshot; null before the first. */
  ruling(): Ruling | null;
  /** Whether that profile's deliveries may be kept while it is away, as the newest snapshot says. */
  spools(profile: string): boolean;
  /** Tells the operator of a request that got no whole answer from a gateway. */
  refused(error: DoorError, request: Refused, profile: string | null): void;
}

/** How much of a path an event tells. */
export const PATH_LENGTH = 256;

/** What the operator is told of a request. */
export interface Refused {
  readonly requestId: string;
  readonly req: { readonly method?: string | undefined; readonly url?: string | undefined };
}
