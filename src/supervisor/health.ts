import type { Health } from '../config/types.ts';

/** What the probes of one listener have shown so far. */
export interface Watch {
  readonly ready: boolean;
  /** Probes lost in a row while ready. */
  readonly lost: number;
  /** Probes lost since it was sought. */
  readonly tries: number;
  /** Epoch ms at which it was first sought. */
  readonly since: number;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface Judgement {
  readonly watch: Watch;
  /** Null where nothing changed. */
  readonly verdict: 'ready' | 'lost' | null;
  /** ms until the next probe. */
  readonly wait: number;
}

export function seek(at: number): Watch {
  return { ready: false, lost: 0, tries: 0, since: at };
}

/** One lost probe is not a lost listener; `failures` in a row are. */
export function judge(watch: Watch, outcome: Outcome, health: Health, at: number): Judgement {
  if (outcome.ok) {
    const verdict = watch.ready ? null : 'ready';
    return { watch: { ...watch, ready: true, lost: 0 }, verdict, wait: health.interval };
  }
  if (!watch.ready) {
    const next = { ...watch, tries: watch.tries + 1 };
    return { watch: next, verdict: null, wait: quickly(next, health, at) };
  }
  const lost = watch.lost + 1;
  if (lost < health.failures) return { watch: { ...watch, lost }, verdict: null, wait: health.interval };
  return { watch: seek(at), verdict: 'lost', wait: quickly(seek(at), health, at) };
}

/**
 * Whether a door's failed connection proves that nobody listens there. Other failures (a time-out under load, a
 * reset of a kept connection) only call for a probe now.
 */
export function provesLost(code: string): boolean {
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOENT';
}

/**
 * While a listener is sought: 25 ms growing to 250 ms, so that a held request waits little longer than the
 * gateway's own start; then a hundredth of the time already spent, so that one that never comes costs little.
 */
function quickly(watch: Watch, health: Health, at: number): number {
  const ramp = Math.min(250, 25 * 1.5 ** Math.min(watch.tries, 10));
  return Math.min(health.interval, Math.max(Math.round(ramp), Math.round((at - watch.since) / 100)));
}
