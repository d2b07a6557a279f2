import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { Platform } from '../../routing/platform.ts';
import { longestBody } from '../../routing/sender.ts';
import type { LoopShare } from '../../util/loop-share.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { BodyBuffer } from './body-buffer.ts';
import { type BodyMemory, tooManyBodies } from './body-memory.ts';
import type { BodyPaces } from './body-pace.ts';
import type { Head } from './head.ts';

/** Throws GWPROXY_BODY_TOO_LARGE if the declared length exceeds the limit, before a byte is read. */
export function checkLength(length: number | 'chunked', limit: number): void {
  if (length !== 'chunked' && length > limit) throw tooLarge(limit);
}

export function tooLarge(limit: number): DoorError {
  return new DoorError('GWPROXY_BODY_TOO_LARGE', `the body is longer than ${limit} bytes`);
}

/** The part of the door that reads bodies. */
export interface BodyContext {
  readonly limits: Limits;
  readonly bodyMemory: BodyMemory;
  readonly bodyPaces: BodyPaces;
  /** For copying a long body into one piece. */
  readonly loop: LoopShare;
}

/**
 * Reads the whole body, at most `limit` bytes. `routed` says that the head alone gave the request to a profile. The
 * memory is `exchange.memory`, which the caller releases when the request ends. Rejects with GWPROXY_BODY_TOO_LARGE,
 * with GWPROXY_REQUEST_TIMEOUT if it arrives too slowly, with GWPROXY_OVERLOADED, or with ClientDisconnected.
 */
function readBody(
  { bodyMemory, bodyPaces, loop }: BodyContext,
  exchange: Exchange,
  limit: number,
  routed: boolean,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { req } = exchange;
    const buffer = new BodyBuffer(limit);

    let isComplete = false;

    const stop = (error: Error): void => {
      if (isComplete) return;
      bodyPaces.end(memory);
      memory.release();
      // The exchange goes on until its answer is sent and its connection has lingered, and keeps what is known here.
      buffer.clear();
      req.off('data', onData).off('end', onEnd);
      exchange.onDisconnect(null);
      reject(error);
    };
    const memory = bodyMemory.receive(exchange, routed, stop);
    exchange.memory = memory;
    const onData = (chunk: Buffer): void => {
      memory.received += chunk.length;
      if (buffer.size + chunk.length > limit) stop(tooLarge(limit));
      else if (!bodyMemory.grow(memory, buffer.growth(chunk.length))) stop(tooManyBodies());
      else buffer.add(chunk);
    };
    const onEnd = (): void => {
      isComplete = true;
      bodyPaces.end(memory);
      exchange.onDisconnect(null);
      resolve(buffer.take(loop));
    };

    exchange.onDisconnect(() => stop(new ClientDisconnected()));
    req.on('data', onData).on('end', onEnd);
    // `peekBody` may have paused it.
    req.resume();
    bodyPaces.begin(memory, exchange.arrivedAt);
    exchange.sendContinueIfExpected();
  });
}

/** A request's body; 'streamed' is read only as the gateway accepts it. */
export type Body = Buffer | 'streamed';

/**
 * Reads a body into memory within the limit for those senders (`longestBody`). A block of memory never grows beyond the
 * declared length. Throws and rejects as `checkLength` and `readBody` do.
 */
export function readWholeBody(
  context: BodyContext,
  exchange: Exchange,
  { length }: Head,
  senders: readonly Platform[],
  routed: boolean,
): Promise<Buffer> {
  const limit = longestBody(context.limits, senders);
  checkLength(length, limit);
  return readBody(context, exchange, length === 'chunked' ? limit : length, routed);
}
