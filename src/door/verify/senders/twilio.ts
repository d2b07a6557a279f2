import { bodyFormat } from '../../../routing/body/content-type.ts';
import { bytesEqual, fromBase64, fromHex, isHmac, sha256 } from '../compare.ts';
import { type Received, refused, signedBody, VERIFIED, type Verifier } from '../verdict.ts';

/**
 * https://www.twilio.com/docs/usage/security#validating-requests: the HMAC of the URL as configured at Twilio and
 * of a form's fields in order. For any other body, bodySHA256 in the URL is the digest.
 */
export function twilioVerifier(tokens: readonly string[]): Verifier {
  return signedBody((request) => {
    const { head, url } = request;
    if (url === null) return refused('the config has no public_url, so that the signed URL is unknown');
    const signature = fromBase64(head.header('x-twilio-signature'));
    if (signature === undefined) return refused('X-Twilio-Signature is missing or malformed');
    const fields = signedFields(request);
    if (fields === null) return refused('the body is not a form, and bodySHA256 is not its digest');
    // Twilio signs the URL with or without the scheme's default port (twilio-node, webhooks.ts).
    const fits = [url, withPort(url)].some((form) => isHmac('sha1', tokens, [form, fields], signature));
    return fits ? VERIFIED : refused('X-Twilio-Signature matches none of the auth tokens for this URL');
  });
}

/** The signed text after the URL; null if the signature does not cover the body. */
function signedFields({ head, body }: Received): string | null {
  const digests = new URLSearchParams(head.query).getAll('bodySHA256');
  if (digests.length > 0) {
    const digest = digests.length === 1 ? fromHex(digests[0]) : undefined;
    return digest !== undefined && bytesEqual(digest, sha256(body)) ? '' : null;
  }
  if (body.length === 0) return '';
  // A GET's parameters are in its URL; no signature covers a body beside them.
  return head.method !== 'GET' && bodyFormat(head) === 'form' ? inOrder(body) : null;
}

/** Names and values in the order of the names, each value of a repeated name once; sorted by UTF-16 as in the SDKs. */
function inOrder(body: Buffer): string {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    fields.set(name, (fields.get(name) ?? new Set()).add(value));
  }
  return [...fields.keys()]
    .sort()
    .flatMap((name) => [...(fields.get(name) ?? [])].sort().map((value) => name + value))
    .join('');
}

function withPort(url: string): string {
  const [origin = '', scheme, authority = ''] = /^(https?):\/\/([^/?#]*)/.exec(url) ?? [];
  if (/:\d+$/.test(authority)) return url;
  return `${origin}:${scheme === 'https' ? 443 : 80}${url.slice(origin.length)}`;
}
