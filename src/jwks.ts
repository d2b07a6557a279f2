import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { errorCode } from './util/errno.ts';

/** A public RSA key that verifies tokens: the members of a JWK that this needs (RFC 7517, RFC 7518 §6.3.1). */
export interface TokenKey {
  /** Null if the key set does not name it. */
  readonly kid: string | null;
  readonly n: string;
  readonly e: string;
  /** The issuer whose tokens the key signs, as Microsoft's shared sets name it; `{tenantid}` is any tenant. Null if not named. */
  readonly issuer: string | null;
}

export type ReadJwks =
  | { readonly ok: true; readonly keys: readonly TokenKey[] }
  | { readonly ok: false; readonly reason: string };

/** The shortest RSA key that RFC 7518 §3.3 allows. */
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
 * Reads the keys of a JWK Set that can verify RS256. Keys of other kinds are ignored (RFC 7517 §5), and so are the private
 * members of a key. A set without a usable key is an error; its reason is a predicate, such as 'is not a JWK Set'.
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

/** Undefined if the text is not JSON. */
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
    // OpenSSL cannot read it as a key.
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}
