import type { TwilioRules } from '../../../config/types.ts';
import { bodyFormat } from '../../../routing/body/content-type.ts';
import { type FormPair, FormPairsReader } from '../../../routing/body/form-pairs.ts';
import { sha256Hex } from '../../../util/hashing.ts';
import { inSlices } from '../../../util/loop-share.ts';
import { bytesEqual, fromBase64, fromHex, isHmac } from '../compare.ts';
import { type Received, refused, signedBody, VERIFIED, type Verifier } from '../verdict.ts';

const SETTINGS = 'X-Twilio-Webhooks-Signature-Settings';

/** The algorithms that Twilio signs with, the weaker one first. */
const ALGORITHMS = { HMAC_SHA1: 'sha1', HMAC_SHA256: 'sha256' } as const;
type Algorithm = keyof typeof ALGORITHMS;

/** What a signature must have been made with. */
interface Scheme {
  readonly algorithm: Algorithm;
  readonly secrets: readonly string[];
}

/**
 * https://www.twilio.com/docs/usage/security#validating-requests: the HMAC of the URL as configured at Twilio and
 * of a form's fields in order. For any other body, bodySHA256 in the URL is the digest.
 */
export function twilioVerifier(rules: TwilioRules): Verifier {
  return signedBody(async (request) => {
    const { head, url, loop } = request;
    if (url === null) return refused('the config has no public_url, so that the signed URL is unknown');
    const scheme = schemeOf(head.header(SETTINGS.toLowerCase()), rules);
    if (typeof scheme === 'string') return refused(scheme);
    const signature = fromBase64(head.header('x-twilio-signature'));
    if (signature === undefined) return refused('X-Twilio-Signature is missing or malformed');
    const fields = await signedFields(request);
    if (fields === null)
      return refused('the body is no form that Twilio sends, and bodySHA256 is not its digest');
    const { algorithm, secrets } = scheme;
    // Twilio signs the URL with or without the scheme's default port (twilio-node, webhooks.ts).
    for (const form of [url, withPort(url)]) {
      if (await isHmac(loop, ALGORITHMS[algorithm], secrets, [form, fields], signature)) return VERIFIED;
    }
    return refused(`X-Twilio-Signature (${algorithm}) matches none of the secrets for this URL`);
  });
}

/**
 * The scheme of a request with those signature settings (`key=<id>,algorithm=HMAC_SHA256`), or the reason why the rules
 * accept none. Anyone can write the header, so it only chooses among what the rules accept: without it the auth token and
 * SHA-1 count, with it the shared key and no weaker algorithm than the rules'
 * (https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys).
 */
function schemeOf(
  settings: string | undefined,
  { authTokens, sharedKeys, leastAlgorithm }: TwilioRules,
): Scheme | string {
  if (settings === undefined) {
    return authTokens.length > 0
      ? { algorithm: 'HMAC_SHA1', secrets: authTokens }
      : `${SETTINGS} is missing, and the config has no auth_token`;
  }
  const algorithm = algorithmOf(settings);
  if (algorithm === undefined) return `${SETTINGS} names no algorithm that Twilio has`;
  if (sharedKeys.length === 0) return { algorithm, secrets: authTokens };
  return algorithm === 'HMAC_SHA1' && leastAlgorithm === 'HMAC_SHA256'
    ? `${SETTINGS} names HMAC_SHA1, which is weaker than the config's HMAC_SHA256; to accept it, write algorithm: HMAC_SHA1`
    : { algorithm, secrets: sharedKeys };
}

/** The one algorithm in the settings; undefined if there is none, more than one, or an unknown one. */
function algorithmOf(settings: string): Algorithm | undefined {
  const pairs = settings.split(',').map((setting) => setting.split('=').map((part) => part.trim()));
  const named = pairs.filter(([name]) => name === 'algorithm');
  const [, algorithm, ...rest] = named[0] ?? [];
  if (named.length !== 1 || rest.length > 0) return undefined;
  return algorithm === 'HMAC_SHA1' || algorithm === 'HMAC_SHA256' ? algorithm : undefined;
}

const NOTHING = Buffer.alloc(0);

/** The signed text after the URL; null if the signature does not cover the body. */
async function signedFields({ head, body, loop }: Received): Promise<Buffer | null> {
  const digests = new URLSearchParams(head.query).getAll('bodySHA256');
  if (digests.length > 0) {
    const digest = digests.length === 1 ? fromHex(digests[0]) : undefined;
    if (digest === undefined) return null;
    return bytesEqual(digest, Buffer.from(await sha256Hex(loop, body), 'hex')) ? NOTHING : null;
  }
  if (body.length === 0) return NOTHING;
  // A GET's parameters are in its URL; no signature covers a body beside them.
  if (head.method === 'GET' || bodyFormat(head) !== 'form') return null;
  const reader = new FormPairsReader(body);
  // In an object, since null means that there is more to read.
  const { pairs } = await inSlices(loop, body.length, (steps) => {
    const read = reader.read(steps);
    return read === null ? null : { pairs: read };
  });
  return pairs === undefined ? null : Buffer.from(inOrder(pairs));
}

/** Names and values in the order of the names, each value of a repeated name once; sorted by UTF-16 as in the SDKs. */
function inOrder(pairs: readonly FormPair[]): string {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of pairs) {
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
