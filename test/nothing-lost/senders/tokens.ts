import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Whom the bots' tokens are issued for, in place of Microsoft. */
export const TENANT = '00000000-0000-0000-0000-0000000000aa';
/** Where every activity says that it comes from: a host that bots trust; nothing is sent there. */
export const SERVICE_URL = 'https://smba.trafficmanager.net/emea/';

const KEY_ID = 'invented-key';
/** Longer than any run: a token that expires on the way is another test's matter. */
const LIFETIME = '1h';

/** A signing key of the run's own. */
export interface Authority {
  /** RFC 7517: what the door takes from a file, and Microsoft's SDK from its authority. */
  readonly keys: string;
  /** Where that SDK asks for it, below the authority's URL. */
  readonly keysPath: string;
  /** As an `Authorization` header's value. */
  token(issuer: string, app: string): Promise<string>;
}

export async function createAuthority(): Promise<Authority> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const key = {
    ...(await exportJWK(publicKey)),
    kid: KEY_ID,
    use: 'sig',
    alg: 'RS256',
    endorsements: ['msteams'],
  };
  return {
    keys: JSON.stringify({ keys: [key] }),
    keysPath: `/${TENANT}/discovery/v2.0/keys`,
    async token(issuer, app) {
      const token = await new SignJWT({ serviceurl: SERVICE_URL })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
        .setIssuer(issuer)
        .setAudience(app)
        .setNotBefore('-1m')
        .setExpirationTime(LIFETIME)
        .sign(privateKey);
      return `Bearer ${token}`;
    },
  };
}

/** As that SDK derives it from the authority that it is given. */
export function issuerOf(authority: string): string {
  return `${authority}/${TENANT}/v2.0`;
}
