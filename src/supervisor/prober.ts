import type { Health } from '../config/types.ts';
import { type Judgement, judge, type Outcome, provesLost, seek, type Watch } from './health.ts';
import { probe } from './probe.ts';

export interface ProberOptions {
  readonly host: string;
  readonly port: number;
  readonly health: Health;
  /** Epoch ms. */
  readonly now: () => number;
  readonly ready: () => void;
  readonly lost: (reason: string) => void;
}

/** Probes one listener for one generation, until end(). */
export class Prober {
  readonly #options: ProberOptions;
  #watch: Watch;
  #timer: NodeJS.Timeout | undefined;
  #round: AbortController | undefined;
  /** A probe is due at once since a door asked for it: further failures do not put it off. */
  #hurried = false;
  #ended = false;
  #lastFailure: string | null = null;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#watch = seek(options.now());
    this.#next(0);
  }

  /** A door could not connect; `code` is the system's. While the listener is sought that is no news. */
  failed(code: string): void {
    if (this.#ended || this.#hurried || !this.#watch.ready) return;
    if (provesLost(code)) {
      this.#watch = seek(this.#options.now());
      this.#next(0);
      this.#options.lost(`a connection failed: ${code}`);
    } else {
      this.#hurried = true;
      this.#next(0);
    }
  }

  /** What the last probe met, while none has succeeded since. */
  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#round?.abort();
  }

  /** Plans the next probe and drops the one under way, whose answer would be of an earlier moment. */
  #next(wait: number): void {
    clearTimeout(this.#timer);
    this.#round?.abort();
    const round = new AbortController();
    this.#round = round;
    this.#timer = setTimeout(() => void this.#probe(round), wait);
  }

  async #probe(round: AbortController): Promise<void> {
    const { host, port, health, now } = this.#options;
    const outcome = await probe(
      { host, port, path: health.path, timeout: health.timeout },
      round.signal,
    ).catch((error: unknown): Outcome => ({ ok: false, reason: `cannot be probed: ${String(error)}` }));
    if (round.signal.aborted) return;
    this.#judged(judge(this.#watch, outcome, health, now()), outcome);
  }

  #judged({ watch, verdict, wait }: Judgement, outcome: Outcome): void {
    this.#watch = watch;
    this.#hurried = false;
    this.#lastFailure = outcome.ok ? null : outcome.reason;
    this.#next(wait);
    if (verdict === 'ready') this.#options.ready();
    if (verdict === 'lost' && !outcome.ok) this.#options.lost(outcome.reason);
  }
}
