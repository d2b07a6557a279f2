import type { DoorContext } from '../context.ts';
import { repeatKey } from '../repeats/repeat-key.ts';
import { Spool } from '../spool/spool.ts';
import type { Spooled } from '../spool/store/spooled-delivery.ts';
import type { SpoolStore } from '../spool/store/store.ts';
import { readinessOf, sendSpooled, upstreamOf } from './send-spooled.ts';

/** A spool that sends to the door's upstreams under its leases. The caller opens it. */
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

/** Registers a spooled delivery so that repeats of it are not spooled again. */
export function rememberSpooled(context: DoorContext, spooled: Spooled): void {
  const { profile, target, dedupKey, sha256, receivedAt } = spooled;
  const upstream = upstreamOf(context, profile, target);
  if (dedupKey === null || upstream === undefined) return;
  const { listener } = upstream.target;
  context.repeats.remember(repeatKey({ profile, listener, target, dedupKey, sha256 }), 200, receivedAt);
}

/** How many of a profile's deliveries were acknowledged early and are not delivered. */
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
