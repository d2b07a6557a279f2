import { Readable } from 'node:stream';
import type { Exchange } from '../http/exchange.ts';
import type { BodyPaces, PacedBody } from './body-pace.ts';
import { tooLarge } from './read-body.ts';

/**
 * Streams a request's body at the reader's pace. No byte is read before the first pull, which undici makes once it is
 * connected, so that a connection that fails leaves the body intact for the next try. While the reader waits, the sender
 * must keep to limits.body_rate.
 */
export class StreamedBody extends Readable implements PacedBody {
  received = 0;
  windowStart = 0;
  windowBytes = 0;
  readonly #exchange: Exchange;
  readonly #limit: number;
  readonly #paces: BodyPaces;
  #started = false;

  constructor(exchange: Exchange, limit: number, paces: BodyPaces) {
    super();
    this.#paces = paces;
    this.#exchange = exchange;
    this.#limit = limit;
  }

  stop(error: Error): void {
    this.destroy(error);
  }

  override _read(): void {
    const { req } = this.#exchange;
    if (!this.#started) {
      this.#started = true;
      req.on('data', this.#onData).on('end', this.#onEnd);
      this.#exchange.sendContinueIfExpected();
    }
    this.#paces.begin(this);
    req.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#paces.end(this);
    if (this.#started) {
      const { req } = this.#exchange;
      // The rest is read and dropped, so that the connection can serve another request.
      req.off('data', this.#onData).off('end', this.#onEnd).resume();
    }
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    if (this.received > this.#limit) {
      this.destroy(tooLarge(this.#limit));
    } else if (!this.push(chunk)) {
      this.#paces.end(this);
      this.#exchange.req.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#paces.end(this);
    this.push(null);
  };
}
