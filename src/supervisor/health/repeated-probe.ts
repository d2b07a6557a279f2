import { errorMessage } from '../../util/errno.ts';
import type { ProbeOutcome } from './health.ts';

/** Probes whenever schedule() says, one probe at a time, until end(). */
export class RepeatedProbe {
  readonly #probe: (signal: AbortSignal) => Promise<ProbeOutcome>;
  readonly #onOutcome: (outcome: ProbeOutcome) => void;
  #timer: NodeJS.Timeout | undefined;
  /** The probe in progress. */
  #current: AbortController | undefined;
  #ended = false;

  constructor(
    probe: (signal: AbortSignal) => Promise<ProbeOutcome>,
    onOutcome: (outcome: ProbeOutcome) => void,
  ) {
    this.#probe = probe;
    this.#onOutcome = onOutcome;
  }

  /** Probes in `wait` ms. Aborts a probe in progress, whose outcome would be out of date. */
  schedule(wait: number): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#current?.abort();
    this.#current = undefined;
    this.#timer = setTimeout(() => void this.#run(), wait);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#current?.abort();
  }

  async #run(): Promise<void> {
    const current = new AbortController();
    this.#current = current;
    const { signal } = current;
    const outcome = await this.#probe(signal).catch(
      (error: unknown): ProbeOutcome => ({
        ok: false,
        cause: 'unhealthy',
        reason: `cannot be probed: ${errorMessage(error)}`,
      }),
    );
    if (signal.aborted) return;
    this.#current = undefined;
    this.#onOutcome(outcome);
  }
}
