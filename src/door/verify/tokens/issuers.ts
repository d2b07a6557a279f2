import type { TokenRules } from '../../../config/types.ts';

/** An issuer whose tokens a profile accepts. */
export interface Issuer {
  /** URL of its metadata (OpenID Connect Discovery 1.0 §4), which name the URL of its keys. */
  readonly metadata: string;
  /** The apps whose tokens are accepted: all, or these and the audience itself. */
  readonly callers: 'all' | readonly string[];
}

const BOT_FRAMEWORK = 'https://api.botframework.com';

/**
 * Issuers whose metadata are not at OpenID Connect's URL (learn.microsoft.com, "Authentication with the Bot Connector
 * API").
 */
const METADATA: ReadonlyMap<string, string> = new Map([
  [BOT_FRAMEWORK, 'https://login.botframework.com/v1/.well-known/openidconfiguration'],
  ['https://api.botframework.us', 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration'],
]);

/**
 * The keys of the tokens of notifications to calling bots, of each of their issuers
 * (https://learn.microsoft.com/microsoftteams/platform/bots/calls-and-meetings/call-notifications, "Authenticate the
 * callback").
 */
const CALL_METADATA = 'https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration';

const ENTRA =
  /^https:\/\/(?:login\.microsoftonline\.(com|us)\/([0-9a-f-]{36})\/v2\.0|sts\.windows\.net\/([0-9a-f-]{36})\/)$/i;

/** Microsoft's Messaging Bot API, to which the tokens of Agent 365's activities are issued. */
const MESSAGING = '5a807f24-c9de-44ee-a3a7-329e88a00ffc';

/**
 * The issuer with that name if the rules accept its tokens; else the reason why not. A call is a notification to a
 * calling bot by one of the CALL_ISSUERS.
 *
 * Any app in a tenant can get a token for this bot from Entra: signature and audience say little about who sent it. So
 * without `tenants` only Microsoft's own service and the bot itself (the Emulator, with the bot's password) are
 * trusted; with `tenants`, every app in them. The tenant of all multi-tenant bots,
 * d6d49420-f39b-4df7-a1dc-d59a935871db, is no exception: any bot's author can get a token from it.
 */
export function issuerOf(
  iss: string,
  { issuers, tenants }: TokenRules,
  kind: 'activity' | 'call',
): Issuer | string {
  const tenant = tenantOf(iss);
  if (issuers !== null && !issuers.includes(iss)) return 'it is not among issuers';
  if (kind === 'call') return { metadata: CALL_METADATA, callers: 'all' };
  if (tenant === null) {
    return issuers === null && iss !== BOT_FRAMEWORK
      ? 'it is neither Bot Framework nor a tenant of Entra'
      : { metadata: METADATA.get(iss) ?? discovery(iss), callers: 'all' };
  }
  if (tenants !== null && !tenants.includes(tenant)) return 'its tenant is not among tenants';
  const callers = tenants === null && issuers === null ? [MESSAGING] : 'all';
  return { metadata: entraMetadata(iss), callers };
}

/** The tenant's id in lower case; null if the issuer is not Entra. */
export function tenantOf(iss: string): string | null {
  const [, , v2, v1] = ENTRA.exec(iss) ?? [];
  return (v2 ?? v1)?.toLowerCase() ?? null;
}

/** One key set for all tenants, so that tokens with made-up tenants cannot cause fetches without bound. */
function entraMetadata(iss: string): string {
  return `https://login.microsoftonline.${cloudOf(iss)}/common/v2.0/.well-known/openid-configuration`;
}

/** sts.windows.net does not name its cloud: 'com' unless `issuers` and a key set are configured. */
function cloudOf(iss: string): string {
  return ENTRA.exec(iss)?.[1]?.toLowerCase() ?? 'com';
}

function discovery(iss: string): string {
  return `${iss.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/**
 * Whether a key of a shared set may sign that issuer's tokens. Entra's keys sign the tokens of both versions and name
 * the issuer of version 2 (learn.microsoft.com, "Access tokens", validate the issuer).
 */
export function signsFor(keyIssuer: string | null, iss: string): boolean {
  if (keyIssuer === null) return true;
  const tenant = tenantOf(iss);
  if (tenant === null) return keyIssuer === iss;
  const version2 = `https://login.microsoftonline.${cloudOf(iss)}/${tenant}/v2.0`;
  const signed = keyIssuer.replace('{tenantid}', tenant).toLowerCase();
  return signed === version2 || signed === iss.toLowerCase();
}
