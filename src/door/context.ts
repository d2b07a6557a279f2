import type { Report } from '../events.ts';
import type { PublicUrl } from '../routing/url/public-url.ts';
import type { SupervisorPort } from '../snapshot.ts';
import type { LoopShare } from '../util/loop-share.ts';
import type { Hold } from './hold/hold.ts';
import type { ListenerContext } from './http/listener.ts';
import type { UnmatchedContext } from './match/unmatched.ts';
import type { PartialBatches } from './repeats/partial-batches.ts';
import type { Repeats } from './repeats/repeats.ts';
import type { BodyContext } from './request/read-body.ts';
import type { Spool } from './spool/spool.ts';
import type { Counters } from './upstream/counters.ts';
import type { ForwardContext } from './upstream/forward.ts';
import type { SendCopyContext } from './upstream/send-copy.ts';
import type { Upstreams } from './upstream/upstreams.ts';
import type { SessionContext } from './websocket/session.ts';

/**
 * The parts of the door that each step of serving a request may use. Each room below declares the part that it needs.
 */
export interface DoorContext
  extends ListenerContext,
    BodyContext,
    ForwardContext,
    SendCopyContext,
    SessionContext,
    UnmatchedContext {
  /** Read this and `limits` for each request: a reload changes them in place. */
  readonly publicUrl: PublicUrl | null;
  readonly supervisor: SupervisorPort;
  readonly counters: Counters;
  readonly upstreams: Upstreams;
  readonly hold: Hold;
  /** For work on bodies, which no request may do for long at once. */
  readonly loop: LoopShare;
  readonly partialBatches: PartialBatches;
  readonly repeats: Repeats;
  /** Null if this door has no spool, or it cannot be opened. */
  readonly spool: Spool | null;
  readonly report: Report;
  /** Whether the newest snapshot lets the profile's deliveries be spooled. */
  spools(profile: string): boolean;
}
