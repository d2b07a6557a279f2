import type { Dispatcher } from 'undici';
import type { Address } from '../snapshot.ts';
import { type Client, ClientLeft } from './exchange.ts';
import { isConnectFailure, noAnswer } from './failure.ts';
import type { Life } from './leases.ts';
import type { Parts } from './parts.ts';
import type { Upstream } from './upstreams.ts';

/** A request of which each of several gateways gets a copy. */
export interface Copy {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names and values in turn, without framing. */
  readonly headers: string[];
  readonly body: Buffer;
}

export type Offered =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** As the gateway wrote it; null where it did not. */
      readonly retryAfter: string | null;
    }
  /** Not a byte reached the gateway: another try may. */
  | { readonly kind: 'unsent'; readonly cause: Error };

/** What sending a copy takes. */
export type OfferParts = Pick<Parts, 'leases' | 'now'>;

/** An answer's body up to this is read, to keep the connection; nobody sees it. */
const READ = 64 * 1024;

/**
 * Sends a copy to a ready upstream, under a lease until its answer has ended, and resolves with the answer's
 * status. Rejects with the DoorError that says why there is none, or with ClientLeft.
 */
export function offer(
  parts: OfferParts,
  client: Client,
  upstream: Upstream,
  address: Address,
  { method, target, headers, body }: Copy,
): Promise<Offered> {
  return new Promise((resolve, reject) => {
    const offering = new Offering(parts, client, upstream, resolve, reject);
    upstream.pool(address).dispatch({ method, path: target, headers, body }, offering);
  });
}

class Offering implements Dispatcher.DispatchHandler {
  readonly #parts: OfferParts;
  readonly #client: Client;
  readonly #resolve: (offered: Offered) => void;
  readonly #reject: (error: Error) => void;
  readonly #life: Life;
  readonly #sentAt: number;
  #controller: Dispatcher.DispatchController | null = null;
  #left = false;
  #status = 0;
  #read = 0;

  constructor(
    parts: OfferParts,
    client: Client,
    upstream: Upstream,
    resolve: (offered: Offered) => void,
    reject: (error: Error) => void,
  ) {
    this.#parts = parts;
    this.#client = client;
    this.#resolve = resolve;
    this.#reject = reject;
    const { profile, generation } = upstream.target;
    this.#life = parts.leases.life(profile, generation);
    parts.leases.take(this.#life);
    this.#sentAt = parts.now();
    client.onLeave(() => this.#leave());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#left) controller.abort(new ClientLeft());
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#life.counters.latency.record(this.#parts.now() - this.#sentAt);
    this.#client.onLeave(null);
    const retryAfter = headers['retry-after'];
    this.#resolve({
      kind: 'answered',
      status,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#read += chunk.length;
    if (this.#read > READ) controller.abort(new Error('the answer is not read further'));
  }

  onResponseEnd(): void {
    this.#release();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#left) return;
    this.#release();
    // Its status is all that was asked for.
    if (this.#status !== 0) return;
    this.#client.onLeave(null);
    if (this.#controller === null && isConnectFailure(error)) this.#resolve({ kind: 'unsent', cause: error });
    else this.#reject(noAnswer(error));
  }

  #leave(): void {
    this.#left = true;
    this.#release();
    this.#reject(new ClientLeft());
    this.#controller?.abort(new ClientLeft());
  }

  #release(): void {
    this.#parts.leases.release(this.#life);
  }
}
