import type { JWK, JWTPayload } from 'jose';
import type { TokenRules } from '../../../config/types.ts';
import type { TokenKey } from '../../../jwks.ts';
import { compileJsonReads } from '../../../routing/body/json.ts';
import { peekJwt } from '../../../routing/jwt.ts';
import { ACTIVITY_SHAPE, CALL_ISSUERS, isActivity } from '../../../routing/microsoft-activity.ts';
import { appOfAudience } from '../../../routing/microsoft-ids.ts';
import { readJsonOf } from '../read-json.ts';
import { type Received, refused, type Verdict, type Verifier } from '../verdict.ts';
import { issuerOf, signsFor, tenantOf } from './issuers.ts';
import type { KeyStore } from './key-store.ts';
import { isWithin, sameUrl } from './service-url.ts';

/** Seconds by which clocks may differ, as in Microsoft's SDKs. */
const SKEW = 5 * 60;

const READS = compileJsonReads(ACTIVITY_SHAPE);

/** jose imports a key once per JWK object. */
const imported = new WeakMap<TokenKey, JWK>();

/**
 * Bearer tokens of Bot Framework and Agent 365 (learn.microsoft.com, "Authentication with the Bot Connector API").
 * A token's unverified claims are checked first, so that a wrong token costs neither a signature check nor a fetch.
 */
export function botFrameworkVerifier(rules: TokenRules, store: KeyStore): Verifier {
  return {
    needs: () => 'body',
    verify: (request) => verify(request, rules, store),
    challenge: 'Bearer',
  };
}

async function verify(request: Received, rules: TokenRules, store: KeyStore): Promise<Verdict> {
  const authorization = request.head.header('authorization');
  if (authorization === undefined) return refused('Authorization is missing');
  const claims = peekJwt(authorization);
  const { iss, aud } = claims ?? {};
  if (iss === undefined || aud === undefined)
    return refused('Authorization is not a bearer token with one audience');
  const { kind, serviceUrl } = await payloadOf(request, iss);
  const issuer = issuerOf(iss, rules, kind);
  if (typeof issuer === 'string') return refused(`the token's issuer ${shown(iss)} is refused: ${issuer}`);
  const app = appOfAudience(aud);
  if (app === undefined || !rules.apps.includes(app)) {
    return refused(`the token is for another app, ${shown(aud)}`);
  }
  if (kind === 'activity' && rules.serviceUrls?.some((prefix) => isWithin(serviceUrl, prefix)) === false) {
    return refused(`the activity's serviceUrl ${shown(serviceUrl ?? '')} is not among service_urls`);
  }

  const { decodeProtectedHeader } = await import('jose');
  const token = authorization.replace(/^\S+ +/, '');
  const kid = kidOf(() => decodeProtectedHeader(token));
  if (kid === undefined) return refused('the token has no readable header or no key id');
  const found = await store.find(rules.keys, issuer.metadata, kid);
  if (found.kind === 'none') return { ok: 'unknown', reason: found.reason, retryAfter: found.retryAfter };
  const keys = found.keys.filter((key) => isCandidate(key, kid, found.keys) && signsFor(key.issuer, iss));
  const checked = await signedBy(keys, token, { issuer: iss, audience: aud, now: request.now });
  if (typeof checked === 'string') return refused(checked);
  const fault =
    tenantFault(checked, iss) ??
    callerFault(checked, issuer.callers, app) ??
    serviceFault(checked, serviceUrl);
  return fault === null ? { ok: true, expiresAt: (checked.exp ?? 0) * 1000 } : refused(fault);
}

/** Null if the token names no key; undefined if its header cannot be read. */
function kidOf(read: () => { readonly kid?: string }): string | null | undefined {
  try {
    const { kid = null } = read();
    return kid === null || typeof kid === 'string' ? kid : undefined;
  } catch (error) {
    // jose throws it for anything but base64url of a JSON object.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A token without a key id is only verified if there is one key, so that its sender cannot cause many checks. */
function isCandidate(key: TokenKey, kid: string | null, all: readonly TokenKey[]): boolean {
  return all.length === 1
    ? kid === null || key.kid === null || key.kid === kid
    : key.kid !== null && key.kid === kid;
}

/** The verified claims; or the reason if no key verifies the token or it has expired. */
async function signedBy(
  keys: readonly TokenKey[],
  token: string,
  { issuer, audience, now }: { readonly issuer: string; readonly audience: string; readonly now: number },
): Promise<JWTPayload | string> {
  const { errors, jwtVerify } = await import('jose');
  let reason = "none of the issuer's keys has the token's key id";
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, jwkOf(key), {
        algorithms: ['RS256'],
        issuer,
        audience,
        requiredClaims: ['exp'],
        clockTolerance: SKEW,
        currentDate: new Date(now),
      });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      reason = `the token is invalid: ${error.message}`;
    }
  }
  return reason;
}

function jwkOf(key: TokenKey): JWK {
  const known = imported.get(key);
  if (known !== undefined) return known;
  const jwk = { kty: 'RSA', n: key.n, e: key.e };
  imported.set(key, jwk);
  return jwk;
}

/** Entra's keys are shared by all tenants, so that a token's tid must be its issuer's tenant. */
function tenantFault({ tid }: JWTPayload, iss: string): string | null {
  const tenant = tenantOf(iss);
  if (tenant === null || tid === undefined) return null;
  return typeof tid === 'string' && tid.toLowerCase() === tenant
    ? null
    : "the token's tid is not its issuer's tenant";
}

/** The caller is azp in version 2, appid in version 1. */
function callerFault(
  { azp, appid }: JWTPayload,
  callers: 'all' | readonly string[],
  app: string,
): string | null {
  if (callers === 'all') return null;
  const caller = azp ?? appid;
  if (
    typeof caller === 'string' &&
    [...callers, app].some((one) => one.toLowerCase() === caller.toLowerCase())
  ) {
    return null;
  }
  const who = typeof caller === 'string' ? shown(caller) : 'not named';
  return `the token was issued to another app (${who}); to trust every app of its tenant, add the tenant to tenants`;
}

/** A token without the claim passes: Agent 365's tokens and some of Direct Line's have none. */
function serviceFault(payload: JWTPayload, serviceUrl: string | undefined): string | null {
  const claims = [payload['serviceurl'], payload['serviceUrl']].filter((claim) => claim !== undefined);
  return claims.every((claim) => typeof claim === 'string' && sameUrl(claim, serviceUrl))
    ? null
    : "the activity's serviceUrl is not the token's";
}

/**
 * What the token is to prove. Everything that is not surely a notification to a calling bot is verified as an activity, by
 * other keys.
 */
async function payloadOf(
  request: Received,
  iss: string,
): Promise<{ readonly kind: 'activity' | 'call'; readonly serviceUrl: string | undefined }> {
  const read = await readJsonOf(request, READS);
  if (read.outcome !== 'read') return { kind: 'activity', serviceUrl: undefined };
  const { fields } = read;
  const kind = isActivity(fields) || !CALL_ISSUERS.includes(iss) ? 'activity' : 'call';
  return { kind, serviceUrl: fields.text('/serviceUrl') };
}

/** An unverified claim for a log: only printable ASCII of bounded length. */
function shown(claim: string): string {
  return /^[!-~]{1,200}$/.test(claim) ? claim : '(not shown)';
}
