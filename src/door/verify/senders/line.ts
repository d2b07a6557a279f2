import { fromBase64, isHmac } from '../compare.ts';
import { refused, signedBody, VERIFIED, type Verifier } from '../verdict.ts';

/** https://developers.line.biz/en/reference/messaging-api/#signature-validation */
export function lineVerifier(secrets: readonly string[]): Verifier {
  return signedBody(async ({ head, body, loop }) => {
    const signature = fromBase64(head.header('x-line-signature'));
    if (signature === undefined) return refused('X-Line-Signature is missing or malformed');
    return (await isHmac(loop, 'sha256', secrets, ['', body], signature))
      ? VERIFIED
      : refused('X-Line-Signature matches none of the channel secrets');
  });
}
