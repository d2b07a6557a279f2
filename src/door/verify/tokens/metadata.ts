import { z } from 'zod';
import { parseJson } from '../../../jwks.ts';

const metadata = z.object({ jwks_uri: z.string() });

/**
 * The URL of an issuer's keys, from its metadata (OpenID Connect Discovery 1.0 §3). It must be https://, since anyone
 * could replace keys in clear text. Throws an Error that says what is wrong with the metadata.
 */
export function keysUrlOf(text: string): string {
  const read = metadata.safeParse(parseJson(text));
  const url = read.success ? read.data.jwks_uri : '';
  if (URL.canParse(url) && new URL(url).protocol === 'https:') return url;
  throw new Error('the metadata have no https:// URL in jwks_uri');
}
