import type { Health, Liveness } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';
import type { ProbeOutcome } from './health.ts';

/** What is known of a listener's life since its last good probe, or since it was ready. */
export interface ListenerLiveness {
  /** Epoch ms of the last probe's outcome. */
  readonly at: number;
  /** ms without a good probe, as far as anybody was awake to ask. */
  readonly failingFor: number;
  /** Probes lost in a row. */
  readonly lost: number;
}

export function alive(at: number): ListenerLiveness {
  return { at, failingFor: 0, lost: 0 };
}

/**
 * The pulse after one more probe. A probe accounts for no more time than it may take: what is above that, a laptop
 * slept or we were stopped, and the gateway with us. A clock that was set back accounts for none.
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

/** Why a listener counts as hung, in plain words; null while it does not. */
export function hungReason(
  pulse: ListenerLiveness,
  liveness: Liveness,
  health: Health,
  reason: string,
): string | null {
  if (liveness.kind === 'own') {
    const { failures } = liveness.probe;
    if (pulse.lost < failures) return null;
    return `liveness probes lost in a row: ${failures} (${reason})`;
  }
  // However short `after` is, it takes as many lost probes as a lost listener does.
  if (liveness.after === null || pulse.failingFor < liveness.after || pulse.lost < health.failures)
    return null;
  return `no good answer for ${duration(liveness.after)} (${reason})`;
}
