import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import type { BodyPaces, PacedBody } from './body-pace.ts';

/**
 * The first bytes of a body, as they arrive, which whoever reads the body next reads again; empty if it has none. Rejects
 * with GWPROXY_REQUEST_TIMEOUT if they arrive too slowly, or with ClientDisconnected.
 */
export function peekBody(
  { bodyPaces }: { readonly bodyPaces: BodyPaces },
  exchange: Exchange,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { req } = exchange;
    const done = (): void => {
      bodyPaces.end(awaited);
      req.off('data', onData).off('end', onEnd);
      exchange.onDisconnect(null);
    };
    const stop = (error: Error): void => {
      done();
      reject(error);
    };
    const awaited: PacedBody = { received: 0, windowStart: 0, windowBytes: 0, stop };
    const onData = (chunk: Buffer): void => {
      done();
      req.pause();
      req.unshift(chunk);
      resolve(chunk);
    };
    const onEnd = (): void => {
      done();
      resolve(Buffer.alloc(0));
    };
    exchange.onDisconnect(() => stop(new ClientDisconnected()));
    req.on('data', onData).on('end', onEnd);
    bodyPaces.begin(awaited, exchange.arrivedAt);
    exchange.sendContinueIfExpected();
  });
}
