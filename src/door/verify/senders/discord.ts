import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { fromHex } from '../compare.ts';
import { FRESH_WINDOW, freshTime } from '../fresh.ts';
import { refused, signedBody, type Verifier } from '../verdict.ts';

/** In a thread of libuv's, since Ed25519 needs the whole message at once. */
const verifyInThread = promisify(verify);

/**
 * Bytes. The message is copied twice, which takes about 3 ms for each copy of a body of 4 MiB. Discord documents no
 * limit; files are URLs in an interaction, and a modal has at most five texts of 4000 characters.
 */
const LONGEST_BODY = 4 * 1024 * 1024;

/**
 * https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers.
 * Discord asks for no time window. The five minutes limit replays: an interaction's token is valid for 15 minutes, and
 * a replay within them runs the command again.
 */
export function discordVerifier(publicKeys: readonly string[]): Verifier {
  const keys = publicKeys.map(ed25519);
  return signedBody(async ({ head, body, now }) => {
    const signature = fromHex(head.header('x-signature-ed25519'));
    if (signature === undefined) return refused('X-Signature-Ed25519 is missing or malformed');
    const timestamp = head.header('x-signature-timestamp');
    const at = freshTime(timestamp, now);
    if (at === null) return refused('X-Signature-Timestamp is missing or more than five minutes from now');
    if (body.length > LONGEST_BODY) return refused('the body is longer than any interaction');
    const message = Buffer.concat([Buffer.from(timestamp ?? ''), body]);
    for (const key of keys) {
      if (await verifyInThread(null, message, key, signature))
        return { ok: true, expiresAt: at + FRESH_WINDOW };
    }
    return refused('X-Signature-Ed25519 matches none of the public keys');
  });
}

/** RFC 8037 §2. */
function ed25519(hex: string): KeyObject {
  const x = Buffer.from(hex, 'hex').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
