import { errorMessage } from '../../util/errno.ts';
import type { ProbeOutcome } from './health.ts';

/** Asks one question again and again, each time when it is told to, until end(). */
export class RepeatedProbe {
  readonly #ask: (signal: AbortSignal) => Promise<ProbeOutcome>;
  readonly #answered: (outcome: ProbeOutcome) => void;
  #timer: NodeJS.Timeout | undefined;
  /** The question under way. */
  #round: AbortController | undefined;
  #ended = false;

  constructor(
    ask: (signal: AbortSignal) => Promise<ProbeOutcome>,
    answered: (outcome: ProbeOutcome) => void,
  ) {
    this.#ask = ask;
    this.#answered = answered;
  }

  /** Asks in `wait` ms, and drops the question under way, whose answer would be of an earlier moment. */
  schedule(wait: number): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#round?.abort();
    this.#round = undefined;
    this.#timer = setTimeout(() => void this.#asks(), wait);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#round?.abort();
  }

  async #asks(): Promise<void> {
    const round = new AbortController();
    this.#round = round;
    const { signal } = round;
    const outcome = await this.#ask(signal).catch(
      (error: unknown): ProbeOutcome => ({
        ok: false,
        cause: 'unwell',
        reason: `cannot be probed: ${errorMessage(error)}`,
      }),
    );
    if (signal.aborted) return;
    this.#round = undefined;
    this.#answered(outcome);
  }
}
