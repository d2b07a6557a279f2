import { createHmac, randomBytes } from 'node:crypto';
import type { Seal } from '../../routing/seal.ts';

/** 96 bits: nobody who lacks the key can look for two secrets that share them. */
const SHOWN_CHARACTERS = 16;

/** With a key that no other process has, so that what is logged of a secret helps nobody to guess it. */
export function createSeal(): Seal {
  const key = randomBytes(32);
  return (secret) =>
    `#${createHmac('sha256', key).update(secret).digest('base64url').slice(0, SHOWN_CHARACTERS)}`;
}
