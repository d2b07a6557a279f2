import { bodyFormat } from '../../../routing/body/content-type.ts';
import { FormReader } from '../../../routing/body/form.ts';
import { inSlices } from '../../../util/loop-share.ts';
import { fromHex, isHmac } from '../compare.ts';
import { type Received, refused, signedBody, VERIFIED, type Verifier } from '../verdict.ts';

/** Forgejo sends all of them, Gitea the last two, Gogs the last one. */
const SIGNATURES = ['x-forgejo-signature', 'x-gitea-signature', 'x-gogs-signature'] as const;

const PAYLOAD = 'payload';
const WANTED = { ids: new Set<string>(), documents: new Set([PAYLOAD]) };

/**
 * Gitea, Forgejo and Gogs: the HMAC of the payload, in a header of each one's own
 * (https://docs.gitea.com/usage/webhooks). Unlike GitHub's, the signature of a form covers the JSON in its field. Without
 * a secret the header is sent empty.
 */
export function giteaVerifier(secrets: readonly string[]): Verifier {
  return signedBody(async (request) => {
    const given = SIGNATURES.map((name) => request.head.header(name)).find((one) => one !== undefined);
    const signature = fromHex(given);
    if (signature === undefined) return refused('the signature header is missing, empty or malformed');
    const payload = await signedPayload(request);
    if (payload === null) return refused('the form has no payload that can be read');
    return (await isHmac(request.loop, 'sha256', secrets, ['', payload], signature))
      ? VERIFIED
      : refused('the signature matches none of the secrets');
  });
}

/** Null if the body is a form without a payload. */
async function signedPayload({ head, body, loop }: Received): Promise<Buffer | null> {
  if (bodyFormat(head) !== 'form') return body;
  const reader = new FormReader(body, WANTED);
  const read = await inSlices(loop, body.length, (steps) => reader.read(steps));
  return read.outcome === 'read' ? (read.values.get(PAYLOAD) ?? null) : null;
}
