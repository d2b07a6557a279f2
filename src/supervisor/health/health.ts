import type { Health } from '../../config/types.ts';

/** What the probes of one listener have shown so far. */
export interface Readiness {
  readonly ready: boolean;
  /** Probes lost in a row while ready. */
  readonly lost: number;
  /** Good probes in a row while it is sought. */
  readonly good: number;
  /** Probes since it was first sought. */
  readonly tries: number;
  /** Epoch ms at which it was first sought. */
  readonly since: number;
}

/**
 * absent: nobody listens there. unwell: somebody does, and gave no good answer. stranger: the port is another
 * program's, whatever was answered.
 */
export type FailureCause = 'absent' | 'unwell' | 'stranger';

export type ProbeOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly cause: FailureCause; readonly reason: string };

export interface Judgement {
  readonly readiness: Readiness;
  /** Null where nothing changed. */
  readonly verdict: 'ready' | 'lost' | null;
  /** ms until the next probe. */
  readonly wait: number;
}

export function seeking(at: number): Readiness {
  return { ready: false, lost: 0, good: 0, tries: 0, since: at };
}

/**
 * One lost probe is not a lost listener; `failures` in a row are, and one that met a stranger is: what is sent
 * there goes to somebody else. `successes` good probes in a row find a listener.
 */
export function judge(watch: Readiness, outcome: ProbeOutcome, health: Health, at: number): Judgement {
  if (!watch.ready) return sought(watch, outcome, health, at);
  if (outcome.ok) return { readiness: { ...watch, lost: 0 }, verdict: null, wait: health.interval };
  const lost = watch.lost + 1;
  if (lost < health.failures && outcome.cause !== 'stranger') {
    return { readiness: { ...watch, lost }, verdict: null, wait: health.interval };
  }
  return { readiness: seeking(at), verdict: 'lost', wait: quickly(seeking(at), health, at) };
}

function sought(watch: Readiness, outcome: ProbeOutcome, health: Health, at: number): Judgement {
  const next = { ...watch, tries: watch.tries + 1, good: outcome.ok ? watch.good + 1 : 0 };
  if (next.good >= health.successes) {
    return { readiness: { ...next, ready: true, lost: 0 }, verdict: 'ready', wait: health.interval };
  }
  return { readiness: next, verdict: null, wait: quickly(next, health, at) };
}

/**
 * Whether a door's failed connection proves that nobody listens there. Other failures (a time-out under load, a
 * reset of a kept connection, a port that its holder has let go) only call for a probe now.
 */
export function provesLost(code: string): boolean {
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOENT';
}

/**
 * While a listener is sought: 25 ms growing to 250 ms, so that a held request waits little longer than the
 * gateway's own start; then a hundredth of the time already spent, so that one that never comes costs little. One
 * that has begun to answer is not kept waiting for that.
 */
function quickly(watch: Readiness, health: Health, at: number): number {
  const ramp = Math.min(250, 25 * 1.5 ** Math.min(watch.tries, 10));
  const patience = watch.good > 0 ? 0 : Math.round((at - watch.since) / 100);
  return Math.min(health.interval, Math.max(Math.round(ramp), patience));
}
