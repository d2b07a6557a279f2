import type { Parts } from './parts.ts';
import { repeatKey } from './repeat-key.ts';
import type { Spooled } from './spool/delivery.ts';
import { readinessOf, sendSpooled, upstreamOf } from './spool/send.ts';
import { Spool } from './spool/spool.ts';
import type { SpoolStore } from './spool/store.ts';

/** A spool that delivers by a door's own upstreams, under its leases. It is to be opened first. */
export function createSpool(parts: Parts, store: SpoolStore): Spool {
  const { report, timers, now } = parts;
  return new Spool({
    store,
    readiness: readinessOf(parts),
    send: (request, signal) => sendSpooled(parts, request, signal),
    report,
    timers,
    now,
    random: Math.random,
  });
}

/** A repeat of what an earlier run kept is none that this one keeps too. */
export function rememberSpooled(parts: Parts, spooled: Spooled): void {
  const { profile, target, dedupKey, sha256, receivedAt } = spooled;
  const upstream = upstreamOf(parts, profile, target);
  if (dedupKey === null || upstream === undefined) return;
  const { listener } = upstream.target;
  parts.repeats.remember(repeatKey({ profile, listener, target, dedupKey, sha256 }), 200, receivedAt);
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
