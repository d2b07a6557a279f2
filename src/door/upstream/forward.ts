import type { Dispatcher } from 'undici';
import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { Address } from '../../snapshot.ts';
import type { BoundedBudget } from '../../util/bounded-budget.ts';
import type { Timer, Timers } from '../../util/timers.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ReportRefusal } from '../http/refusals.ts';
import type { BodyPaces } from '../request/body-pace.ts';
import type { Head } from '../request/head.ts';
import { StreamedBody } from '../request/streamed-body.ts';
import { AnswerDeadline } from './answer-deadline.ts';
import { AnswerWriter } from './answer-writer.ts';
import { isConnectFailure, noAnswerError } from './failure.ts';
import { answerHeaders } from './headers.ts';
import type { Generation } from './leases.ts';
import type { SendCopyContext } from './send-copy.ts';
import type { Upstream } from './upstreams.ts';

/**
 * How many requests may go on although their clients disconnected: the limit on connections does not count them any
 * more. Each ends at the latest when its gateway's answer is overdue.
 */
export const MAX_DETACHED = 100;

/** A request as a gateway gets it. */
export interface Outgoing {
  readonly head: Head;
  /** Path and query, without the upstream's added prefix. */
  readonly target: string;
  /** Names and values alternate; without framing headers. */
  readonly headers: string[];
  /** 'streamed' is read from the client as the gateway accepts it. */
  readonly body: Buffer | 'streamed';
  /** Whether it may go on after the client disconnected, because repeats wait for its answer too. */
  readonly outlivesClient: boolean;
}

/** The part of the door that forwarding a request needs. */
export interface ForwardContext extends SendCopyContext {
  /** A reload changes them in place: read them anew for each request. */
  readonly limits: Limits;
  readonly timers: Timers;
  readonly bodyPaces: BodyPaces;
  /** Requests that go on although their client disconnected. */
  readonly detached: BoundedBudget;
  readonly reportRefusal: ReportRefusal;
}

export type ForwardOutcome =
  | { readonly kind: 'answered' }
  /** No byte reached the gateway: another try may. */
  | { readonly kind: 'unsent'; readonly cause: Error };

/**
 * Sends a request to a ready upstream and the answer to the client, each at the other's pace, under a lease. Rejects
 * with the DoorError for the client if the gateway gave no answer, or with ClientDisconnected. An answer that breaks
 * off is broken off for the client too, and resolves as answered. If the request outlived its client,
 * `exchange.res.statusCode` is the status of the answer that could not be sent.
 */
export function forward(
  context: ForwardContext,
  exchange: Exchange,
  upstream: Upstream,
  address: Address,
  outgoing: Outgoing,
): Promise<ForwardOutcome> {
  return new Promise((resolve, reject) => {
    const { head, target, headers, outlivesClient } = outgoing;
    const relay = new Relay(context, exchange, upstream, outlivesClient, resolve, reject);
    const body = outgoing.body === 'streamed' ? streamed(context, exchange, head) : outgoing.body;
    if (body instanceof StreamedBody) relay.awaitEndOf(body);
    upstream.pool(address).dispatch(
      {
        method: head.method,
        path: upstream.target.addPrefix + target,
        // undici frames a stream by its Content-Length, or else as chunked; a buffer it measures itself.
        headers: framed(headers, body, head.length),
        body,
      },
      relay,
    );
  });
}

function streamed(context: ForwardContext, exchange: Exchange, head: Head): StreamedBody | null {
  return head.length === 0 ? null : new StreamedBody(exchange, context.limits.streamed, context.bodyPaces);
}

function framed(headers: string[], body: unknown, length: number | 'chunked'): string[] {
  if (!(body instanceof StreamedBody) || length === 'chunked') return headers;
  return [...headers, 'Content-Length', String(length)];
}

/** Relays one answer from undici to the client. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #context: ForwardContext;
  readonly #exchange: Exchange;
  readonly #resolve: (outcome: ForwardOutcome) => void;
  readonly #reject: (error: Error) => void;
  readonly #generation: Generation;
  readonly #answerWriter: AnswerWriter;
  /** Null before the first interim answer. */
  #answerDeadline: AnswerDeadline | null = null;
  readonly #startedAt: number;
  /** Epoch ms; null while a streamed body is being sent. */
  #sentAt: number | null;
  #controller: Dispatcher.DispatchController | null = null;
  #isFinished = false;
  #isDetached = false;
  #stalled: Timer | null = null;

  constructor(
    context: ForwardContext,
    exchange: Exchange,
    upstream: Upstream,
    outlivesClient: boolean,
    resolve: (outcome: ForwardOutcome) => void,
    reject: (error: Error) => void,
  ) {
    this.#context = context;
    this.#exchange = exchange;
    this.#resolve = resolve;
    this.#reject = reject;
    const { profile, generation } = upstream.target;
    this.#generation = context.leases.generation(profile, generation);
    context.leases.acquire(this.#generation);
    this.#answerWriter = new AnswerWriter(exchange.res);
    this.#startedAt = context.now();
    this.#sentAt = this.#startedAt;
    exchange.onDisconnect(() => {
      if (outlivesClient && this.#isUnderWay() && context.detached.tryAcquire()) this.#isDetached = true;
      else this.#handleDisconnect();
    });
  }

  /** Must be called before a streamed body is sent. */
  awaitEndOf(body: StreamedBody): void {
    this.#sentAt = null;
    body.once('end', () => {
      this.#sentAt = this.#context.now();
    });
  }

  /** The connection is open, and no byte is written yet. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isFinished) controller.abort(new ClientDisconnected());
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason = '',
  ): void {
    // 1xx are dropped: they are hints for browsers, and no sender of webhooks is one.
    if (status < 200) {
      this.#answerDeadline ??= new AnswerDeadline(this.#context, (error) => controller.abort(error));
      this.#answerDeadline.countInterim(this.#sentAt);
      return;
    }
    this.#answerDeadline?.cancel();
    this.#generation.counters.latency.record(this.#context.now() - this.#startedAt);
    if (this.#isDetached) {
      this.#exchange.res.statusCode = status;
      this.#resolve({ kind: 'answered' });
      this.#finish();
      controller.abort(new ClientDisconnected());
      return;
    }
    const raw = Array.isArray(controller.rawHeaders) ? controller.rawHeaders : [];
    this.#answerWriter.start(
      status,
      reasonBytes(reason),
      answerHeaders(raw, status, this.#exchange.requestId),
    );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#answerWriter.write(chunk) || this.#stalled !== null) return;
    controller.pause();
    this.#stalled = this.#context.timers.after(this.#context.limits.idleTime, () => this.#stall());
    this.#exchange.res.once('drain', () => {
      this.#context.timers.cancel(this.#stalled);
      this.#stalled = null;
      controller.resume();
    });
  }

  /** Trailers are dropped, like the Trailer header: no sender of webhooks reads them. */
  onResponseEnd(): void {
    if (this.#isFinished) return;
    this.#exchange.end(this.#answerWriter.finish());
    this.#resolve({ kind: 'answered' });
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isFinished) return;
    const { headersSent } = this.#exchange.res;
    const wasDetached = this.#isDetached;
    this.#finish();
    if (wasDetached) this.#reject(new ClientDisconnected());
    else if (headersSent) this.#breakOff(error);
    else if (this.#controller === null && isConnectFailure(error)) {
      this.#resolve({ kind: 'unsent', cause: error });
    } else this.#reject(noAnswerError(error));
  }

  /** The gateway has at least some of the request, and has not answered. */
  #isUnderWay(): boolean {
    return this.#controller !== null && !this.#exchange.res.headersSent;
  }

  #handleDisconnect(): void {
    this.#reject(new ClientDisconnected());
    this.#finish();
    this.#controller?.abort(new ClientDisconnected());
  }

  /** The client has not read the answer for limits.idle_time. */
  #stall(): void {
    this.#stalled = null;
    this.#finish();
    this.#controller?.abort(new ClientDisconnected());
    this.#breakOff(new Error('the client did not read the answer in time'));
  }

  #breakOff(cause: Error): void {
    this.#exchange.abort();
    const broken = new DoorError('GWPROXY_UPSTREAM_UNREACHABLE', 'the answer broke off', { cause });
    this.#context.reportRefusal(broken, this.#exchange, this.#generation.profile);
    this.#resolve({ kind: 'answered' });
  }

  #finish(): void {
    this.#isFinished = true;
    if (this.#isDetached) this.#context.detached.release();
    this.#isDetached = false;
    this.#answerDeadline?.cancel();
    this.#context.timers.cancel(this.#stalled);
    this.#stalled = null;
    this.#exchange.onDisconnect(null);
    this.#context.leases.release(this.#generation);
  }
}

/**
 * A reason phrase is bytes (RFC 9112 §4), which latin1 preserves. undici decodes it as UTF-8, which destroys a phrase
 * that is not UTF-8. Such a phrase is left out; no client may rely on it.
 */
function reasonBytes(reason: string): string {
  if (/^[\t\x20-\x7e]*$/.test(reason)) return reason;
  return reason.includes('\ufffd') ? '' : Buffer.from(reason).toString('latin1');
}
