import type { Liveness, ProbeTiming } from '../../config/types.ts';
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

/** A listener that answered at `at` (epoch ms). */
export function alive(at: number): ListenerLiveness {
  return { at, failingFor: 0, lost: 0 };
}

/**
 * The liveness after one more probe, which ended at `at` (epoch ms). A probe adds at most its interval and time-out:
 * any time beyond that passed while the machine slept or gwproxy was stopped. A clock that was set back adds nothing.
 */
export function afterProbe(
  state: ListenerLiveness,
  outcome: ProbeOutcome,
  probe: ProbeTiming,
  at: number,
): ListenerLiveness {
  if (outcome.ok) return alive(at);
  const awake = Math.min(Math.max(0, at - state.at), probe.interval + probe.timeout);
  return { at, failingFor: state.failingFor + awake, lost: state.lost + 1 };
}

/** Why a listener counts as hung, for the operator; null while it does not. */
export function hungReason(
  state: ListenerLiveness,
  liveness: Liveness<ProbeTiming>,
  health: ProbeTiming,
  reason: string,
): string | null {
  if (liveness.kind === 'own') {
    const { failures } = liveness.probe;
    if (state.lost < failures) return null;
    return `liveness probes failed in a row: ${failures} (${reason})`;
  }
  // Even if `after` is short, a hung listener must have failed as many probes as a lost one.
  if (liveness.after === null || state.failingFor < liveness.after || state.lost < health.failures)
    return null;
  return `no healthy answer for ${duration(liveness.after)} (${reason})`;
}
