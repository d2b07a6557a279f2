import { compileJsonReads, readJson } from './body/json.ts';

/** Claims of a bearer token that is not verified: a hint for routing, never a permission. */
export interface JwtHint {
  readonly iss: string | undefined;
  /** Undefined if it is a list, which no known sender writes. */
  readonly aud: string | undefined;
  readonly email: string | undefined;
}

/** Characters; Microsoft's and Google's tokens have less than 2,000. */
const LONGEST_TOKEN = 8192;

// RFC 6750 §2.1, the scheme without case (RFC 9110 §11.1); RFC 7515 §3.1: three parts in base64url without padding.
const BEARER_JWT = /^Bearer +[\w-]+\.([\w-]+)\.[\w-]+$/i;

const CLAIMS = compileJsonReads(['/iss', '/aud', '/email']);

/**
 * Reads the claims of the bearer JWT in an Authorization header. Undefined if there is none, or if two parsers could read
 * it differently: a repeated claim, base64url that is not canonical.
 */
export function peekJwt(authorization: string | undefined): JwtHint | undefined {
  if (authorization === undefined || authorization.length > LONGEST_TOKEN) return undefined;
  const payload = BEARER_JWT.exec(authorization)?.[1];
  if (payload === undefined) return undefined;
  const bytes = Buffer.from(payload, 'base64url');
  if (bytes.toString('base64url') !== payload) return undefined;
  const read = readJson(bytes, CLAIMS);
  if (read.outcome !== 'read') return undefined;
  const { fields } = read;
  return { iss: fields.text('/iss'), aud: fields.text('/aud'), email: fields.text('/email') };
}
