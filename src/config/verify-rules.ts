import { appIdOf, appOfAccount } from '../routing/microsoft-ids.ts';
import type { Profile } from './read/profile.ts';
import type { VerifyConfig } from './schema/verify-schema.ts';
import type { TokenRules, TwilioRules, VerifyRules } from './types.ts';

/** The rules that the door verifies a profile's requests by; null if there are none. Pure. */
export function verifyRules(profile: Profile): VerifyRules | null {
  const { verify } = profile.config;
  if (verify === undefined || Object.keys(verify).length === 0) return null;
  return {
    botFramework: tokenRules(profile, verify),
    slack: verify.slack?.signing_secret ?? null,
    github: verify.github?.secret ?? null,
    gitea: verify.gitea?.secret ?? null,
    line: verify.line?.channel_secret ?? null,
    meta: verify.meta?.app_secret ?? null,
    telegram: verify.telegram?.secret_token ?? null,
    twilio: verify.twilio === undefined ? null : twilioRules(verify.twilio),
    discord: verify.discord?.public_key ?? null,
    graph: verify.graph?.client_state ?? null,
  };
}

/** The app ids in a profile's Bot Framework routes, as `appIdOf` writes them; one list for each route. */
export function appsOfRoutes({ config }: Profile): readonly (readonly string[])[] {
  return config.routes.flatMap(({ key }) => {
    if (key?.platform !== 'bot-framework') return [];
    const { app = [], recipient = [] } = key.fields;
    const named = recipient.flatMap((one) => appOfAccount(one) ?? []);
    return [[...app.map((one) => appIdOf(one) ?? one.toLowerCase()), ...named]];
  });
}

function twilioRules(written: NonNullable<VerifyConfig['twilio']>): TwilioRules {
  return {
    authTokens: written.auth_token ?? [],
    sharedKeys: written.shared_key ?? [],
    leastAlgorithm: written.algorithm ?? 'HMAC_SHA256',
  };
}

function tokenRules(profile: Profile, { bot_framework: written }: VerifyConfig): TokenRules | null {
  if (written === undefined) return null;
  return {
    apps: written.apps ?? [...new Set(appsOfRoutes(profile).flat())],
    issuers: written.issuers ?? null,
    tenants: written.tenants ?? null,
    serviceUrls: written.service_urls ?? null,
    keys: keysOf(profile, written),
  };
}

function keysOf(
  { tokenKeys }: Profile,
  { keys_url: url }: NonNullable<VerifyConfig['bot_framework']>,
): TokenRules['keys'] {
  if (tokenKeys !== null) return { kind: 'file', keys: tokenKeys };
  return url === undefined ? { kind: 'metadata' } : { kind: 'url', url };
}
