import type { Health, Liveness } from '../../config/types.ts';
import { judge, type ProbeOutcome, provesLost, type Readiness, seeking } from './health.ts';
import { afterProbe, alive, hungReason, type ListenerLiveness } from './liveness.ts';
import { RepeatedProbe } from './repeat.ts';

/** What one prober hands to the next of the same life, when the config changed meanwhile. */
export interface ProbeState {
  readonly readiness: Readiness;
  /** It was ready in this life. */
  readonly served: boolean;
}

export interface ListenerProbeOptions {
  readonly health: Health;
  /** Null where nobody could restart it: only its readiness is looked at. */
  readonly liveness: Liveness | null;
  readonly probe: (probe: Health, signal: AbortSignal) => Promise<ProbeOutcome>;
  /** What is known already; null of a new life. */
  readonly carriedOver: ProbeState | null;
  /** Epoch ms. */
  readonly now: () => number;
  readonly ready: () => void;
  readonly lost: (reason: string) => void;
  /** Alive, and serving no more; told with every probe from then on. */
  readonly hung: (reason: string) => void;
  /** It is sought, and somebody else was found; told with every such probe. */
  readonly foreign: (reason: string) => void;
}

/** Probes one listener for one generation, until end(): for its readiness, and once it was ready for its life. */
export class ListenerProbe {
  readonly #options: ListenerProbeOptions;
  readonly #readiness: RepeatedProbe;
  #liveness: RepeatedProbe | undefined;
  #watch: Readiness;
  /** Undefined until it was ready in this life. */
  #pulse: ListenerLiveness | undefined;
  /** A probe is due at once since a door asked for it: further failures do not put it off. */
  #hurried = false;
  #ended = false;
  #lastFailure: string | null = null;

  constructor(options: ListenerProbeOptions) {
    const { health, probe: ask, carriedOver: state, now } = options;
    this.#options = options;
    // A listener that is sought is sought anew: the probes may be others now.
    this.#watch = state?.readiness.ready === true ? state.readiness : seeking(now());
    this.#readiness = new RepeatedProbe(
      (signal) => ask(health, signal),
      (outcome) => this.#judged(outcome),
    );
    this.#readiness.schedule(0);
    if (state?.served === true) this.#lives();
  }

  /**
   * A door could not connect, by the system's `code`, or was not to send anything (STRANGER). While the listener is
   * sought that is no news.
   */
  connectionFailed(code: string): void {
    if (this.#ended || this.#hurried || !this.#watch.ready) return;
    if (provesLost(code)) {
      this.#watch = seeking(this.#options.now());
      this.#readiness.schedule(0);
      this.#options.lost(`a connection failed: ${code}`);
    } else {
      this.#hurried = true;
      this.#readiness.schedule(0);
    }
  }

  /** What the last probe met, while none has succeeded since. */
  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  get known(): ProbeState {
    return { readiness: this.#watch, served: this.#pulse !== undefined };
  }

  end(): void {
    this.#ended = true;
    this.#readiness.end();
    this.#liveness?.end();
  }

  #judged(outcome: ProbeOutcome): void {
    const { health, liveness, now, ready, lost, foreign: stranger } = this.#options;
    const sought = !this.#watch.ready;
    const { readiness: watch, verdict, wait } = judge(this.#watch, outcome, health, now());
    this.#watch = watch;
    this.#hurried = false;
    this.#lastFailure = outcome.ok ? null : outcome.reason;
    this.#readiness.schedule(wait);
    if (verdict === 'ready') {
      if (this.#pulse === undefined) this.#lives();
      ready();
    }
    if (!outcome.ok) {
      if (verdict === 'lost') lost(outcome.reason);
      else if (sought && outcome.cause === 'stranger') stranger(outcome.reason);
    }
    if (liveness?.kind === 'health') this.#felt(outcome, liveness, health);
  }

  /** From now on it can hang. */
  #lives(): void {
    const { liveness, probe: ask, now } = this.#options;
    this.#pulse = alive(now());
    if (liveness?.kind !== 'own') return;
    const { probe } = liveness;
    const rounds = new RepeatedProbe(
      (signal) => ask(probe, signal),
      (outcome) => {
        rounds.schedule(probe.interval);
        this.#felt(outcome, liveness, probe);
      },
    );
    this.#liveness = rounds;
    rounds.schedule(probe.interval);
  }

  #felt(outcome: ProbeOutcome, liveness: Liveness, probe: Health): void {
    if (this.#ended || this.#pulse === undefined) return;
    this.#pulse = afterProbe(this.#pulse, outcome, probe, this.#options.now());
    if (outcome.ok) return;
    const reason = hungReason(this.#pulse, liveness, probe, outcome.reason);
    if (reason !== null) this.#options.hung(reason);
  }
}
