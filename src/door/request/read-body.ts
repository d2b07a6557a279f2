import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { BoundedBudget } from '../../util/bounded-budget.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { Head } from './head.ts';

/** Throws GWPROXY_BODY_TOO_LARGE if the declared length exceeds the limit, before a byte is read. */
export function checkLength(length: number | 'chunked', limit: number): void {
  if (length !== 'chunked' && length > limit) throw tooLarge(limit);
}

export function tooLarge(limit: number): DoorError {
  return new DoorError('GWPROXY_BODY_TOO_LARGE', `the body is longer than ${limit} bytes`);
}

/**
 * Reads the whole body, at most `limit` bytes. The bytes it acquires from the budget are counted in
 * `exchange.buffered`; the caller releases them when the request ends. Rejects with GWPROXY_BODY_TOO_LARGE,
 * GWPROXY_OVERLOADED, or ClientDisconnected.
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
          new DoorError('GWPROXY_OVERLOADED', 'too many request bodies are in memory; try again', {
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

/** A request's body; 'streamed' is read only as the gateway accepts it. */
export type Body = Buffer | 'streamed';

/** Reads a body into memory within limits.body. Throws and rejects as `checkLength` and `readBody` do. */
export function readWholeBody(
  { limits, budget }: { readonly limits: Pick<Limits, 'body'>; readonly budget: BoundedBudget },
  exchange: Exchange,
  head: Head,
): Promise<Buffer> {
  checkLength(head.length, limits.body);
  return readBody(exchange, limits.body, budget);
}
