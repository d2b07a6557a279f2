import { fromHex, isHmac } from '../compare.ts';
import { type Received, refused, VERIFIED, type Verdict } from '../verdict.ts';

/** X-Hub-Signature-256, which GitHub and Meta share: the HMAC of the body. */
export async function hubSignature(
  { head, body, loop }: Received,
  secrets: readonly string[],
): Promise<Verdict> {
  const signature = fromHex(head.header('x-hub-signature-256'), 'sha256=');
  if (signature === undefined) return refused('X-Hub-Signature-256 is missing or malformed');
  return (await isHmac(loop, 'sha256', secrets, ['', body], signature))
    ? VERIFIED
    : refused('X-Hub-Signature-256 matches none of the secrets');
}
