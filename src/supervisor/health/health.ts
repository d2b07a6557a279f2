import type { ProbeTiming } from '../../config/types.ts';

/** The findings of the probes of one listener, or by one health command, so far. */
export interface Readiness {
  readonly ready: boolean;
  /** Failed probes in a row while it is ready. */
  readonly lost: number;
  /** Healthy probes in a row while it is not ready. */
  readonly good: number;
  /** Probes since it was last found not ready. */
  readonly probes: number;
  /** When it was last found not ready, in epoch ms; at first when probing began. */
  readonly since: number;
}

/**
 * absent: no process listens there. unhealthy: a process listens there, but did not answer as expected. foreign: a
 * process that does not belong to this gateway listens there, whatever it answered.
 */
export type FailureCause = 'absent' | 'unhealthy' | 'foreign';

export interface ProbeFailure {
  readonly ok: false;
  readonly cause: FailureCause;
  readonly reason: string;
  /** What to change if the listener never was ready; absent if nothing can be said. */
  readonly advice?: string;
}

export type ProbeOutcome = { readonly ok: true } | ProbeFailure;

export interface Judgement {
  readonly readiness: Readiness;
  /** Null if nothing changed. */
  readonly verdict: 'ready' | 'lost' | null;
  /** ms until the next probe. */
  readonly wait: number;
}

/** The waits in ms between two probes of what is not ready: at first `first`, each half as long again, up to `most`. */
export interface Ramp {
  readonly first: number;
  readonly most: number;
}

/** A held request waits little longer than the gateway needs to start. */
const CONNECTION_RAMP: Ramp = { first: 25, most: 250 };

/** A process costs a thousand times what a connection does. */
export const COMMAND_RAMP: Ramp = { first: 250, most: 2000 };

/** The readiness of a listener that is not ready from `at` (epoch ms) on. */
export function notReadySince(at: number): Readiness {
  return { ready: false, lost: 0, good: 0, probes: 0, since: at };
}

/**
 * The readiness after one more probe, at `at` (epoch ms). `successes` healthy probes in a row make a listener ready.
 * `failures` failed ones in a row make it lost; a foreign process makes it lost at once, since requests would reach
 * that process.
 */
export function judgeReadiness(
  readiness: Readiness,
  outcome: ProbeOutcome,
  health: ProbeTiming,
  at: number,
  ramp: Ramp = CONNECTION_RAMP,
): Judgement {
  if (!readiness.ready) return judgeNotReady(readiness, outcome, health, at, ramp);
  if (outcome.ok) return { readiness: { ...readiness, lost: 0 }, verdict: null, wait: health.interval };
  const lost = readiness.lost + 1;
  if (lost < health.failures && outcome.cause !== 'foreign') {
    return { readiness: { ...readiness, lost }, verdict: null, wait: health.interval };
  }
  return {
    readiness: notReadySince(at),
    verdict: 'lost',
    wait: notReadyDelay(notReadySince(at), health, at, ramp),
  };
}

function judgeNotReady(
  readiness: Readiness,
  outcome: ProbeOutcome,
  health: ProbeTiming,
  at: number,
  ramp: Ramp,
): Judgement {
  const next = { ...readiness, probes: readiness.probes + 1, good: outcome.ok ? readiness.good + 1 : 0 };
  if (next.good >= health.successes) {
    return { readiness: { ...next, ready: true, lost: 0 }, verdict: 'ready', wait: health.interval };
  }
  return { readiness: next, verdict: null, wait: notReadyDelay(next, health, at, ramp) };
}

/**
 * Whether a failed connection with that system code proves that no process listens there. Other failures (a time-out
 * under load, a reset, a port that its holder has released) only make a probe due now.
 */
export function provesAbsent(code: string): boolean {
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOENT';
}

/**
 * ms until the next probe of what is not ready: growing along the ramp; then a hundredth of the time spent so far, so
 * that a listener that never becomes ready costs little. One that has begun to answer is exempt from that growth.
 */
function notReadyDelay(readiness: Readiness, health: ProbeTiming, at: number, { first, most }: Ramp): number {
  const ramp = Math.min(most, first * 1.5 ** Math.min(readiness.probes, 10));
  const patience = readiness.good > 0 ? 0 : Math.round((at - readiness.since) / 100);
  return Math.min(health.interval, Math.max(Math.round(ramp), patience));
}
