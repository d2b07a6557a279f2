import { createHmac, randomBytes } from 'node:crypto';
import type { Seal } from '../../routing/seal.ts';

/** 96 bits. Without the key, two secrets with the same seal cannot be searched for. */
const SHOWN_CHARACTERS = 16;

/** Makes a seal with a random key, so that a sealed secret in a log does not help to guess the secret. */
export function createSeal(): Seal {
  const key = randomBytes(32);
  return (secret) =>
    `#${createHmac('sha256', key).update(secret).digest('base64url').slice(0, SHOWN_CHARACTERS)}`;
}
