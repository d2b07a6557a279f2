import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { updateInSlices } from '../../util/hashing.ts';
import type { LoopShare } from '../../util/loop-share.ts';

// All comparisons take constant time: it shows neither how much of a value is right nor which secret it matches.

type Bytes = string | Buffer;

/** Whether `given` is the HMAC of `prefix` and the body with one of the secrets. A long body is hashed in slices. */
export async function isHmac(
  loop: LoopShare,
  algorithm: 'sha1' | 'sha256',
  secrets: readonly string[],
  [prefix, body]: readonly [prefix: string, body: Buffer],
  given: Buffer,
): Promise<boolean> {
  const hmacs = secrets.map((secret) => createHmac(algorithm, secret).update(prefix));
  await updateInSlices(loop, hmacs, body);
  let found = false;
  for (const hmac of hmacs) found = bytesEqual(given, hmac.digest()) || found;
  return found;
}

/** Whether `given` is one of the secrets. Digests are compared, so that the time does not show lengths either. */
export function isOneOfSecrets(given: string, secrets: readonly string[]): boolean {
  const digest = sha256(given);
  let found = false;
  for (const secret of secrets) found = timingSafeEqual(digest, sha256(secret)) || found;
  return found;
}

/** Compares bytes whose length is not secret. */
export function bytesEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function sha256(bytes: Bytes): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The bytes of a text in hex after a prefix; undefined if the text is not of that form. */
export function fromHex(text: string | undefined, prefix = ''): Buffer | undefined {
  if (text === undefined || !text.startsWith(prefix)) return undefined;
  const hex = text.slice(prefix.length);
  return /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/** The bytes of a text in padded base64; undefined if the text is not the canonical form. */
export function fromBase64(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
