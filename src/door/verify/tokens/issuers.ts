import type { TokenRules } from '../../../config/types.ts';

/** An issuer whose tokens a profile takes. */
export interface Issuer {
  /** OpenID Connect Discovery 1.0 §4: where its keys are told. */
  readonly metadata: string;
  /** Whose tokens in it are right: everyone's, or only those that these apps (and the audience itself) asked for. */
  readonly callers: 'all' | readonly string[];
}

const BOT_FRAMEWORK = 'https://api.botframework.com';

/** Those whose metadata are not where OpenID Connect would have them (learn.microsoft.com, "Authentication with the Bot Connector API"). */
const METADATA: ReadonlyMap<string, string> = new Map([
  [BOT_FRAMEWORK, 'https://login.botframework.com/v1/.well-known/openidconfiguration'],
  ['https://api.botframework.us', 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration'],
]);

const ENTRA =
  /^https:\/\/(?:login\.microsoftonline\.(com|us)\/([0-9a-f-]{36})\/v2\.0|sts\.windows\.net\/([0-9a-f-]{36})\/)$/i;

/** Microsoft's Messaging Bot API, which asks for the tokens of Agent 365's activities. */
const MESSAGING = '5a807f24-c9de-44ee-a3a7-329e88a00ffc';

/**
 * The issuer of that name, where the rules take its tokens; else why not.
 *
 * Whoever has an app in a tenant can ask Entra for a token for this bot: its signature and audience say little of
 * who sent it. So without `tenants` only Microsoft's own service and the bot itself (the Emulator, with the bot's
 * password) are believed; with them, everyone in those tenants. The tenant of all multi-tenant bots,
 * d6d49420-f39b-4df7-a1dc-d59a935871db, is no exception: any bot's author can have a token from there.
 */
export function issuerOf(iss: string, { issuers, tenants }: TokenRules): Issuer | string {
  const tenant = tenantOf(iss);
  if (issuers !== null && !issuers.includes(iss)) return 'it is not among issuers';
  if (tenant === null) {
    return issuers === null && iss !== BOT_FRAMEWORK
      ? "it is neither Bot Framework nor a tenant of Entra's"
      : { metadata: METADATA.get(iss) ?? discovery(iss), callers: 'all' };
  }
  if (tenants !== null && !tenants.includes(tenant)) return 'its tenant is not among tenants';
  const callers = tenants === null && issuers === null ? [MESSAGING] : 'all';
  return { metadata: entraMetadata(iss), callers };
}

/** In lower case; null where the issuer is none of Entra's. */
export function tenantOf(iss: string): string | null {
  const [, , v2, v1] = ENTRA.exec(iss) ?? [];
  return (v2 ?? v1)?.toLowerCase() ?? null;
}

/** One set for all tenants, so that tokens that name ever new ones cannot make us ask for ever more. */
function entraMetadata(iss: string): string {
  return `https://login.microsoftonline.${cloudOf(iss)}/common/v2.0/.well-known/openid-configuration`;
}

/** sts.windows.net does not say; with `issuers` and a key set of one's own it need not. */
function cloudOf(iss: string): string {
  return ENTRA.exec(iss)?.[1]?.toLowerCase() ?? 'com';
}

function discovery(iss: string): string {
  return `${iss.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/**
 * Whether a key of a shared set signs that issuer's tokens. Entra's keys sign those of either version, and name the
 * issuer of version 2 (learn.microsoft.com, "Access tokens", validate the issuer).
 */
export function signsFor(keyIssuer: string | null, iss: string): boolean {
  if (keyIssuer === null) return true;
  const tenant = tenantOf(iss);
  if (tenant === null) return keyIssuer === iss;
  const version2 = `https://login.microsoftonline.${cloudOf(iss)}/${tenant}/v2.0`;
  const signed = keyIssuer.replace('{tenantid}', tenant).toLowerCase();
  return signed === version2 || signed === iss.toLowerCase();
}
