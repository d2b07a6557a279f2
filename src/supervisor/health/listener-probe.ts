import type { Health, Liveness } from '../../config/types.ts';
import { judge, type Outcome, provesLost, seek, type Watch } from './health.ts';
import { beat, feel, hungBy, type Pulse } from './liveness.ts';
import { Rounds } from './repeat.ts';

/** What one prober hands to the next of the same life, when the config changed meanwhile. */
export interface Known {
  readonly watch: Watch;
  /** It was ready in this life. */
  readonly served: boolean;
}

export interface ProberOptions {
  readonly health: Health;
  /** Null where nobody could restart it: only its readiness is looked at. */
  readonly liveness: Liveness | null;
  readonly ask: (probe: Health, signal: AbortSignal) => Promise<Outcome>;
  /** What is known already; null of a new life. */
  readonly known: Known | null;
  /** Epoch ms. */
  readonly now: () => number;
  readonly ready: () => void;
  readonly lost: (reason: string) => void;
  /** Alive, and serving no more; told with every probe from then on. */
  readonly hung: (reason: string) => void;
  /** It is sought, and somebody else was found; told with every such probe. */
  readonly stranger: (reason: string) => void;
}

/** Probes one listener for one generation, until end(): for its readiness, and once it was ready for its life. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #readiness: Rounds;
  #liveness: Rounds | undefined;
  #watch: Watch;
  /** Undefined until it was ready in this life. */
  #pulse: Pulse | undefined;
  /** A probe is due at once since a door asked for it: further failures do not put it off. */
  #hurried = false;
  #ended = false;
  #lastFailure: string | null = null;

  constructor(options: ProberOptions) {
    const { health, ask, known, now } = options;
    this.#options = options;
    // A listener that is sought is sought anew: the probes may be others now.
    this.#watch = known?.watch.ready === true ? known.watch : seek(now());
    this.#readiness = new Rounds(
      (signal) => ask(health, signal),
      (outcome) => this.#judged(outcome),
    );
    this.#readiness.next(0);
    if (known?.served === true) this.#lives();
  }

  /**
   * A door could not connect, by the system's `code`, or was not to send anything (STRANGER). While the listener is
   * sought that is no news.
   */
  failed(code: string): void {
    if (this.#ended || this.#hurried || !this.#watch.ready) return;
    if (provesLost(code)) {
      this.#watch = seek(this.#options.now());
      this.#readiness.next(0);
      this.#options.lost(`a connection failed: ${code}`);
    } else {
      this.#hurried = true;
      this.#readiness.next(0);
    }
  }

  /** What the last probe met, while none has succeeded since. */
  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  get known(): Known {
    return { watch: this.#watch, served: this.#pulse !== undefined };
  }

  end(): void {
    this.#ended = true;
    this.#readiness.end();
    this.#liveness?.end();
  }

  #judged(outcome: Outcome): void {
    const { health, liveness, now, ready, lost, stranger } = this.#options;
    const sought = !this.#watch.ready;
    const { watch, verdict, wait } = judge(this.#watch, outcome, health, now());
    this.#watch = watch;
    this.#hurried = false;
    this.#lastFailure = outcome.ok ? null : outcome.reason;
    this.#readiness.next(wait);
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
    const { liveness, ask, now } = this.#options;
    this.#pulse = beat(now());
    if (liveness?.kind !== 'own') return;
    const { probe } = liveness;
    const rounds = new Rounds(
      (signal) => ask(probe, signal),
      (outcome) => {
        rounds.next(probe.interval);
        this.#felt(outcome, liveness, probe);
      },
    );
    this.#liveness = rounds;
    rounds.next(probe.interval);
  }

  #felt(outcome: Outcome, liveness: Liveness, probe: Health): void {
    if (this.#ended || this.#pulse === undefined) return;
    this.#pulse = feel(this.#pulse, outcome, probe, this.#options.now());
    if (outcome.ok) return;
    const reason = hungBy(this.#pulse, liveness, probe, outcome.reason);
    if (reason !== null) this.#options.hung(reason);
  }
}
