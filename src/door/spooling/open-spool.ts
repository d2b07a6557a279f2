import type { DoorContext } from '../context.ts';
import { repeatKey } from '../repeats/repeat-key.ts';
import { Spool } from '../spool/spool.ts';
import type { Spooled } from '../spool/store/spooled-delivery.ts';
import type { SpoolStore } from '../spool/store/store.ts';
import { readinessOf, sendSpooled, upstreamOf } from './send-spooled.ts';

/** A spool that delivers by a door's own upstreams, under its leases. It is to be opened first. */
export function createSpool(context: DoorContext, store: SpoolStore): Spool {
  const { report, timers, now } = context;
  return new Spool({
    store,
    readiness: readinessOf(context),
    send: (request, signal) => sendSpooled(context, request, signal),
    report,
    timers,
    now,
    random: Math.random,
  });
}

/** A repeat of what an earlier run kept is none that this one keeps too. */
export function rememberSpooled(context: DoorContext, spooled: Spooled): void {
  const { profile, target, dedupKey, sha256, receivedAt } = spooled;
  const upstream = upstreamOf(context, profile, target);
  if (dedupKey === null || upstream === undefined) return;
  const { listener } = upstream.target;
  context.repeats.remember(repeatKey({ profile, listener, target, dedupKey, sha256 }), 200, receivedAt);
}

/** What of a profile's deliveries was acknowledged early, and is not with its gateway. */
export interface SpooledStats {
  readonly spooled: number;
  readonly dead: number;
  /** Since the start. */
  readonly lost: number;
}

export function spooledStats(spool: Spool | null, profile: string): SpooledStats {
  if (spool === null) return { spooled: 0, dead: 0, lost: 0 };
  const { queued, dead, lost } = spool.stats(profile);
  return { spooled: queued, dead, lost };
}
