import type { Dispatcher } from 'undici';
import type { Address } from '../../snapshot.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import { AnswerDeadline, type AnswerDeadlineContext } from './answer-deadline.ts';
import { isConnectFailure, noAnswerError } from './failure.ts';
import type { Generation, Leases } from './leases.ts';
import type { Upstream } from './upstreams.ts';

/** A request with its whole body, which can be sent more than once. */
export interface Copy {
  readonly method: string;
  /** Path and query, without the upstream's added prefix. */
  readonly target: string;
  /** Names and values alternate; without framing headers. */
  readonly headers: string[];
  readonly body: Buffer;
}

export type CopyOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The header's value; null if the gateway gave none. */
      readonly retryAfter: string | null;
    }
  /** No byte reached the gateway: another try may. */
  | { readonly kind: 'unsent'; readonly cause: Error };

/** The part of the door that sending a copy needs. */
export interface SendCopyContext extends AnswerDeadlineContext {
  readonly leases: Leases;
}

/** Bytes of an answer's body that are read and dropped, to keep the connection. */
const MAX_READ = 64 * 1024;

/**
 * Sends a copy to a ready upstream, under a lease until its answer has ended, and resolves with the answer's status.
 * Rejects with a DoorError if there is no answer, or with ClientDisconnected.
 */
export function sendCopy(
  context: SendCopyContext,
  client: Client,
  upstream: Upstream,
  address: Address,
  { method, target, headers, body }: Copy,
): Promise<CopyOutcome> {
  return new Promise((resolve, reject) => {
    const handler = new CopyHandler(context, client, upstream, resolve, reject);
    const path = upstream.target.addPrefix + target;
    upstream.pool(address).dispatch({ method, path, headers, body }, handler);
  });
}

class CopyHandler implements Dispatcher.DispatchHandler {
  readonly #context: SendCopyContext;
  readonly #client: Client;
  readonly #resolve: (outcome: CopyOutcome) => void;
  readonly #reject: (error: Error) => void;
  readonly #generation: Generation;
  /** Null before the first interim answer. */
  #answerDeadline: AnswerDeadline | null = null;
  readonly #sentAt: number;
  #controller: Dispatcher.DispatchController | null = null;
  #isDisconnected = false;
  #status = 0;
  #read = 0;

  constructor(
    context: SendCopyContext,
    client: Client,
    upstream: Upstream,
    resolve: (outcome: CopyOutcome) => void,
    reject: (error: Error) => void,
  ) {
    this.#context = context;
    this.#client = client;
    this.#resolve = resolve;
    this.#reject = reject;
    const { profile, generation } = upstream.target;
    this.#generation = context.leases.generation(profile, generation);
    context.leases.acquire(this.#generation);
    this.#sentAt = context.now();
    client.onDisconnect(() => this.#disconnect());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isDisconnected) controller.abort(new ClientDisconnected());
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) {
      this.#answerDeadline ??= new AnswerDeadline(this.#context, (error) => controller.abort(error));
      this.#answerDeadline.countInterim(this.#sentAt);
      return;
    }
    this.#answerDeadline?.cancel();
    this.#status = status;
    this.#generation.counters.latency.record(this.#context.now() - this.#sentAt);
    this.#client.onDisconnect(null);
    const retryAfter = headers['retry-after'];
    this.#resolve({
      kind: 'answered',
      status,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#read += chunk.length;
    if (this.#read > MAX_READ) controller.abort(new Error('the rest of the answer is not needed'));
  }

  onResponseEnd(): void {
    this.#release();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isDisconnected) return;
    this.#release();
    // Only the status was needed.
    if (this.#status !== 0) return;
    this.#client.onDisconnect(null);
    if (this.#controller === null && isConnectFailure(error)) this.#resolve({ kind: 'unsent', cause: error });
    else this.#reject(noAnswerError(error));
  }

  #disconnect(): void {
    this.#isDisconnected = true;
    this.#release();
    this.#reject(new ClientDisconnected());
    this.#controller?.abort(new ClientDisconnected());
  }

  #release(): void {
    this.#answerDeadline?.cancel();
    this.#context.leases.release(this.#generation);
  }
}
