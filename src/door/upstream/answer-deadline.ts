import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { Timer, Timers } from '../../util/timers.ts';

/**
 * Interim answers (1xx, RFC 9110 §15.2) that a gateway may send before its final one. 102 Processing is meant to be sent
 * every 20 s (RFC 2518 §10.1), and 103 Early Hints once or a few times (RFC 8297).
 */
const MAX_INTERIM = 100;

/** The part of the door that limits how long an answer takes. */
export interface AnswerDeadlineContext {
  /** A reload changes them in place: read them anew for each request. */
  readonly limits: Limits;
  readonly timers: Timers;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Limits the time from the last byte of a request to the head of its final answer where undici's headersTimeout does
 * not: each interim answer begins that anew. There is no timer before the first interim answer, since most requests have
 * none.
 */
export class AnswerDeadline {
  readonly #context: AnswerDeadlineContext;
  readonly #fail: (error: DoorError) => void;
  #timer: Timer | null = null;
  #interim = 0;

  /** `fail` must break off the request; it may be called more than once. */
  constructor(context: AnswerDeadlineContext, fail: (error: DoorError) => void) {
    this.#context = context;
    this.#fail = fail;
  }

  /** Must be called for each interim answer; `sentAt` (epoch ms) is null while the body is still being sent. */
  countInterim(sentAt: number | null): void {
    this.#interim += 1;
    if (this.#interim > MAX_INTERIM) this.#fail(tooManyInterim());
    if (sentAt === null || this.#timer !== null) return;
    const { limits, timers, now } = this.#context;
    this.#timer = timers.after(sentAt + limits.answerTime - now(), () => this.#fail(noAnswerInTime()));
  }

  /** Must be called when the final head has arrived or the request has failed. */
  cancel(): void {
    this.#context.timers.cancel(this.#timer);
  }
}

export function noAnswerInTime(cause?: unknown): DoorError {
  return new DoorError('GWPROXY_UPSTREAM_TIMEOUT', 'the gateway gave no answer in time', { cause });
}

function tooManyInterim(): DoorError {
  return new DoorError(
    'GWPROXY_UPSTREAM_UNREACHABLE',
    `the gateway sent more than ${MAX_INTERIM} interim answers (1xx)`,
    { proxyStatus: 'http_protocol_error' },
  );
}
