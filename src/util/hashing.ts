import { createHash, type Hash, type Hmac, hash } from 'node:crypto';
import { inSlices, type LoopShare } from './loop-share.ts';

/** Bytes that are hashed in the time of one step: SHA-256 takes 0.7 ns for one, with the instructions for it. */
const BYTES_A_STEP = 16;

/** Bytes up to which data are hashed in one call: a Hash object costs four times as much (measured). */
const SHORT = 16 * 1024;

/** The SHA-256 of a body in hex; a long one is hashed in slices. */
export function sha256Hex(loop: LoopShare, body: Buffer): string | Promise<string> {
  if (body.length <= SHORT) return hash('sha256', body, 'hex');
  return digestInSlices(loop, body);
}

async function digestInSlices(loop: LoopShare, body: Buffer): Promise<string> {
  const sha256 = createHash('sha256');
  await updateInSlices(loop, [sha256], body);
  return sha256.digest('hex');
}

/** Updates each of the hashes with the body. Returns synchronously if the work fits into this turn of the loop. */
export function updateInSlices(
  loop: LoopShare,
  hashes: readonly (Hash | Hmac)[],
  body: Buffer,
): true | Promise<true> {
  const bytesAStep = BYTES_A_STEP / Math.max(1, hashes.length);
  let at = 0;
  return inSlices(loop, Math.ceil(body.length / bytesAStep), (steps) => {
    const part = body.subarray(at, at + Math.ceil(steps * bytesAStep));
    at += part.length;
    for (const one of hashes) one.update(part);
    return at < body.length ? null : true;
  });
}
