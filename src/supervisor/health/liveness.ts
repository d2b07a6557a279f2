import type { Health, Liveness } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';
import type { ProbeOutcome } from './health.ts';

/** How long a listener has failed its probes: since the last healthy one, or since it became ready. */
export interface ListenerLiveness {
  /** When the last probe ended, in epoch ms. */
  readonly at: number;
  /** ms without a healthy probe; time in which gwproxy itself did not run is left out. */
  readonly failingFor: number;
  /** Failed probes in a row. */
  readonly lost: number;
}

/** A listener that was seen to answer at `at` (epoch ms). */
export function alive(at: number): ListenerLiveness {
  return { at, failingFor: 0, lost: 0 };
}

/**
 * The liveness after one more probe, which ended at `at` (epoch ms). A probe accounts for no more time than its
 * interval and time-out: in the time above that a laptop slept, or gwproxy was stopped and the gateway with it. A
 * clock that was set back accounts for none.
 */
export function afterProbe(
  pulse: ListenerLiveness,
  outcome: ProbeOutcome,
  probe: Health,
  at: number,
): ListenerLiveness {
  if (outcome.ok) return alive(at);
  const awake = Math.min(Math.max(0, at - pulse.at), probe.interval + probe.timeout);
  return { at, failingFor: pulse.failingFor + awake, lost: pulse.lost + 1 };
}

/** Why a listener counts as hung, for the operator; null while it does not. */
export function hungReason(
  pulse: ListenerLiveness,
  liveness: Liveness,
  health: Health,
  reason: string,
): string | null {
  if (liveness.kind === 'own') {
    const { failures } = liveness.probe;
    if (pulse.lost < failures) return null;
    return `liveness probes failed in a row: ${failures} (${reason})`;
  }
  // However short `after` is, a hung listener has failed as many probes as a lost one.
  if (liveness.after === null || pulse.failingFor < liveness.after || pulse.lost < health.failures)
    return null;
  return `no healthy answer for ${duration(liveness.after)} (${reason})`;
}
