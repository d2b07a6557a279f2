import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { BoundedBudget } from '../../util/bounded-budget.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { Head } from './head.ts';

/** Refuses a body that says itself that it is too long, before a byte of it is read. */
export function checkLength(length: number | 'chunked', limit: number): void {
  if (length !== 'chunked' && length > limit) throw tooLarge(limit);
}

export function tooLarge(limit: number): DoorError {
  return new DoorError('GWPROXY_BODY_TOO_LARGE', `the body is longer than ${limit} bytes`);
}

/**
 * The whole body, at most `limit` bytes. What it takes of the budget is noted in the exchange, whose end gives it
 * back. Rejects with GWPROXY_BODY_TOO_LARGE, GWPROXY_OVERLOADED, or ClientLeft.
 */
export function readBody(exchange: Exchange, limit: number, budget: BoundedBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { req } = exchange;
    const body = new BodyBuffer(limit);

    const stop = (error: Error): void => {
      req.off('data', onData).off('end', onEnd);
      exchange.onDisconnect(null);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const growth = body.growth(chunk.length);
      if (body.size + chunk.length > limit) {
        stop(tooLarge(limit));
      } else if (!budget.tryAcquire(growth)) {
        stop(
          new DoorError('GWPROXY_OVERLOADED', 'too many bodies are being held; try again', {
            retryAfter: 1,
          }),
        );
      } else {
        exchange.buffered += growth;
        body.add(chunk);
      }
    };
    const onEnd = (): void => {
      exchange.onDisconnect(null);
      resolve(body.bytes());
    };

    exchange.onDisconnect(() => stop(new ClientDisconnected()));
    req.on('data', onData).on('end', onEnd);
    exchange.sendContinueIfExpected();
  });
}

/** What of a request's body is forwarded; 'streamed' is read as its gateway takes it. */
export type Body = Buffer | 'streamed';

/** The body where more than one must read it: held in memory, and bounded. Rejects as `receive` does. */
export function readWholeBody(
  { limits, budget }: { readonly limits: Pick<Limits, 'body'>; readonly budget: BoundedBudget },
  exchange: Exchange,
  head: Head,
): Promise<Buffer> {
  checkLength(head.length, limits.body);
  return readBody(exchange, limits.body, budget);
}
