import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

// Neither how much of a wrong value is right nor which of several secrets it is right for shows in the time taken.

type Bytes = string | Buffer;

/** Whether `given` is the HMAC of those parts, one after the other, with any of the secrets. */
export function isHmac(
  algorithm: 'sha1' | 'sha256',
  secrets: readonly string[],
  parts: readonly Bytes[],
  given: Buffer,
): boolean {
  let found = false;
  for (const secret of secrets) {
    const hmac = createHmac(algorithm, secret);
    for (const part of parts) hmac.update(part);
    found = bytesEqual(given, hmac.digest()) || found;
  }
  return found;
}

/** Whether `given` is any of the secrets; their digests are compared, so that lengths do not show either. */
export function isOneOfSecrets(given: string, secrets: readonly string[]): boolean {
  const digest = sha256(given);
  let found = false;
  for (const secret of secrets) found = timingSafeEqual(digest, sha256(secret)) || found;
  return found;
}

/** A length is no secret: it is the algorithm's. */
export function bytesEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function sha256(bytes: Bytes): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The bytes of a text in hex with that prefix; undefined where it is none. */
export function fromHex(text: string | undefined, prefix = ''): Buffer | undefined {
  if (text === undefined || !text.startsWith(prefix)) return undefined;
  const hex = text.slice(prefix.length);
  return /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/** The bytes of a text in padded base64; undefined where it is none, or not the one for its bytes. */
export function fromBase64(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
