import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { errorCode } from './util/errno.ts';

/** A public RSA key that tokens are verified with: of a JWK (RFC 7517, RFC 7518 §6.3.1) all that is needed. */
export interface TokenKey {
  /** Null where the key set does not name it. */
  readonly kid: string | null;
  readonly n: string;
  readonly e: string;
  /**
   * Microsoft's shared sets say of each key whose tokens it signs, with `{tenantid}` for any tenant; null where
   * nothing is said.
   */
  readonly issuer: string | null;
}

export type ReadJwks =
  | { readonly ok: true; readonly keys: readonly TokenKey[] }
  | { readonly ok: false; readonly reason: string };

/** RFC 7518 §3.3. */
const LEAST_BITS = 2048;

const set = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });
const rsaKey = z.object({
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  kid: z.string().optional(),
  issuer: z.string().optional(),
  use: z.literal('sig').optional(),
  alg: z.literal('RS256').optional(),
});

/**
 * The keys of a JWK Set that RS256 can be verified with. Keys of other kinds are passed over (RFC 7517 §5); a set
 * in which none is left is an error, in words that follow 'it'. Private members of a key are not kept.
 */
export function readJwks(text: string): ReadJwks {
  const parsed = set.safeParse(parseJson(text));
  if (!parsed.success) return { ok: false, reason: 'is not a JWK Set: a JSON object with a list of keys' };
  const keys = parsed.data.keys.flatMap((one): readonly TokenKey[] => {
    const key = rsaKey.safeParse(one);
    if (!key.success || !isStrong(key.data)) return [];
    const { kid = null, n, e, issuer = null } = key.data;
    return [{ kid, n, e, issuer }];
  });
  if (keys.length > 0) return { ok: true, keys };
  return { ok: false, reason: `holds no RSA key for signatures with RS256, of ${LEAST_BITS} bits or more` };
}

/** Undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isStrong({ kty, n, e }: z.output<typeof rsaKey>): boolean {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_BITS;
  } catch (error) {
    // What OpenSSL cannot read is no key.
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}
