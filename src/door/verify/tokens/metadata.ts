import { z } from 'zod';
import { parseJson } from '../../../jwks.ts';

const metadata = z.object({ jwks_uri: z.string() });

/**
 * Where an issuer's metadata (OpenID Connect Discovery 1.0 §3) say that its keys are. Throws an Error that says what
 * is wrong with them. Only an https:// URL counts: keys that came in clear could be anyone's.
 */
export function keysUrlOf(text: string): string {
  const read = metadata.safeParse(parseJson(text));
  const url = read.success ? read.data.jwks_uri : '';
  if (URL.canParse(url) && new URL(url).protocol === 'https:') return url;
  throw new Error('the metadata name no https:// URL for the keys');
}
