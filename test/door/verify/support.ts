import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { TokenRules, TwilioRules } from '../../../src/config/types.ts';
import type { Received } from '../../../src/door/verify/verdict.ts';
import { LoopShare } from '../../../src/util/loop-share.ts';
import type { Sending } from '../../support/senders.ts';

/** A request as a verifier gets it; the URL is that of bots.example.com. */
export function received(
  sending: Sending,
  changes: Partial<Received> & { readonly method?: string } = {},
): Received {
  const { method = 'POST', ...rest } = changes;
  const headers = new Map(
    Object.entries(sending.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const [path = '', query = ''] = sending.path.split('?', 2);
  return {
    head: { method, path, query, host: 'bots.example.com', header: (name) => headers.get(name) },
    body: Buffer.from(sending.body),
    url: `https://bots.example.com${sending.path}`,
    now: Date.now(),
    loop: new LoopShare(),
    ...rest,
  };
}

/** The same with another value of that header, or without it. */
export function withHeader(sending: Sending, name: string, value: string | null): Sending {
  const others = Object.entries(sending.headers).filter(([other]) => other !== name);
  return { ...sending, headers: { ...Object.fromEntries(others), ...(value !== null && { [name]: value }) } };
}

export const APP = '00000000-0000-0000-0000-00000000000a';
export const TENANT = '00000000-0000-0000-0000-0000000000aa';
export const ENTRA = `https://login.microsoftonline.com/${TENANT}/v2.0`;
export const BOT_FRAMEWORK = 'https://api.botframework.com';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** As in a JWK Set. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function signingKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export function jwks(...keys: readonly SigningKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
}

/** RFC 7519, signed with RS256; times in seconds from now. */
export function token(
  key: SigningKey,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const said = { iss: BOT_FRAMEWORK, aud: APP, nbf: now - 60, exp: now + 3600, ...claims };
  const signed = `${base64url({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })}.${base64url(said)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

export function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The rules of an account that signs with its auth token alone. */
export function authTokens(tokens: readonly string[]): TwilioRules {
  return { authTokens: tokens, sharedKeys: [], leastAlgorithm: 'HMAC_SHA256' };
}

export function tokenRules(changes: Partial<TokenRules> = {}): TokenRules {
  return {
    apps: [APP],
    issuers: null,
    tenants: null,
    serviceUrls: null,
    keys: { kind: 'metadata' },
    ...changes,
  };
}
