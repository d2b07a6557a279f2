import type { Liveness, ProbeTiming } from '../../config/types.ts';
import {
  judgeReadiness,
  notReadySince,
  type ProbeFailure,
  type ProbeOutcome,
  provesAbsent,
  type Ramp,
  type Readiness,
} from './health.ts';
import { afterProbe, alive, hungReason, type ListenerLiveness } from './liveness.ts';
import { RepeatedProbe } from './repeated-probe.ts';

/** The state that carries over to the next probe of the same generation when the config changes. */
export interface ProbeState {
  readonly readiness: Readiness;
  /** It has been ready in this generation. */
  readonly wasReady: boolean;
}

export interface ConditionProbeOptions<P extends ProbeTiming> {
  readonly health: P;
  /** Null for a `url:` profile, which gwproxy cannot restart: only its readiness is probed. */
  readonly liveness: Liveness<P> | null;
  readonly probe: (settings: P, signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Null for a new generation. */
  readonly carriedOver: ProbeState | null;
  /** By default that of a listener, which is probed at once; with a ramp of its own the first probe waits too. */
  readonly ramp?: Ramp;
  /** Epoch ms. */
  readonly now: () => number;
  readonly ready: () => void;
  readonly lost: (reason: string) => void;
  /** It is no longer healthy, while the process lives; called for every probe from then on. */
  readonly hung: (reason: string) => void;
  /** A foreign process has the port of a listener that is not ready; called for every such probe. */
  readonly foreign?: (reason: string) => void;
  /** It was never ready, and has failed for a while in a way that only a change mends; called for every such probe. */
  readonly stuck?: () => void;
}

/** ms for which a listener must not have been ready before it counts as stuck: a gateway may answer oddly at first. */
const STUCK_AFTER = 5000;

/**
 * Probes one condition of a gateway, that a listener answers or that a health command succeeds, for one generation until
 * end(): its readiness, and once it has been ready its liveness.
 */
export class ConditionProbe<P extends ProbeTiming> {
  readonly #options: ConditionProbeOptions<P>;
  readonly #readinessProbe: RepeatedProbe;
  #livenessProbe: RepeatedProbe | undefined;
  #readiness: Readiness;
  /** Undefined until the listener has been ready in this generation. */
  #liveness: ListenerLiveness | undefined;
  /** A door's failed connection made a probe due at once, which further failures must not postpone. */
  #isUrgent = false;
  #ended = false;
  #lastFailure: ProbeFailure | null = null;

  constructor(options: ConditionProbeOptions<P>) {
    const { health, probe, carriedOver, now } = options;
    this.#options = options;
    // The config may have changed the probes, so one that is not ready starts over.
    this.#readiness = carriedOver?.readiness.ready === true ? carriedOver.readiness : notReadySince(now());
    this.#readinessProbe = new RepeatedProbe(
      (signal) => probe(health, signal),
      (outcome) => this.#judge(outcome),
    );
    this.#readinessProbe.schedule(options.ramp?.first ?? 0);
    if (carriedOver?.wasReady === true) this.#beginLiveness();
  }

  /**
   * A door could not connect (the system's `code`), or found the port held by other processes (FOREIGN_HOLDER). For a
   * listener that is not ready this changes nothing.
   */
  connectionFailed(code: string): void {
    if (this.#ended || this.#isUrgent || !this.#readiness.ready) return;
    if (provesAbsent(code)) {
      this.#readiness = notReadySince(this.#options.now());
      this.#readinessProbe.schedule(0);
      this.#options.lost(`a connection failed: ${code}`);
    } else {
      this.#isUrgent = true;
      this.#readinessProbe.schedule(0);
    }
  }

  /** How the last probe failed; null if it was healthy. */
  get lastFailure(): ProbeFailure | null {
    return this.#lastFailure;
  }

  get state(): ProbeState {
    return { readiness: this.#readiness, wasReady: this.#liveness !== undefined };
  }

  end(): void {
    this.#ended = true;
    this.#readinessProbe.end();
    this.#livenessProbe?.end();
  }

  #judge(outcome: ProbeOutcome): void {
    const { health, liveness, now, ready, lost, foreign, stuck, ramp } = this.#options;
    const wasNotReady = !this.#readiness.ready;
    const { readiness, verdict, wait } = judgeReadiness(this.#readiness, outcome, health, now(), ramp);
    this.#readiness = readiness;
    this.#isUrgent = false;
    this.#lastFailure = outcome.ok ? null : outcome;
    this.#readinessProbe.schedule(wait);
    if (verdict === 'ready') {
      if (this.#liveness === undefined) this.#beginLiveness();
      ready();
    }
    if (!outcome.ok) {
      if (verdict === 'lost') lost(outcome.reason);
      else if (wasNotReady && outcome.cause === 'foreign') foreign?.(outcome.reason);
      else if (this.#isStuck(outcome)) stuck?.();
    }
    if (liveness?.kind === 'health') this.#updateLiveness(outcome, liveness, health);
  }

  #isStuck({ advice }: ProbeFailure): boolean {
    const { now } = this.#options;
    return (
      advice !== undefined && this.#liveness === undefined && now() - this.#readiness.since >= STUCK_AFTER
    );
  }

  /** Starts the liveness checks: from now on the listener can count as hung. */
  #beginLiveness(): void {
    const { liveness, probe, now } = this.#options;
    this.#liveness = alive(now());
    if (liveness?.kind !== 'own') return;
    const health = liveness.probe;
    const repeated = new RepeatedProbe(
      (signal) => probe(health, signal),
      (outcome) => {
        repeated.schedule(health.interval);
        this.#updateLiveness(outcome, liveness, health);
      },
    );
    this.#livenessProbe = repeated;
    repeated.schedule(health.interval);
  }

  #updateLiveness(outcome: ProbeOutcome, liveness: Liveness<P>, health: P): void {
    if (this.#ended || this.#liveness === undefined) return;
    this.#liveness = afterProbe(this.#liveness, outcome, health, this.#options.now());
    if (outcome.ok) return;
    const reason = hungReason(this.#liveness, liveness, health, outcome.reason);
    if (reason !== null) this.#options.hung(reason);
  }
}
