// The ids that Microsoft's senders write in several spellings, each read as one form.

/** With or without hyphens, and in braces or not: the formats D, N and B of .NET's Guid. */
const GUID =
  /^(?:\{([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\}|([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})|([0-9a-f]{32}))$/i;

/**
 * The id of a bot as a Teams channel account: `28:<app>`, or with its cloud between the two
 * (Azure/communication-services, identifiers of `microsoftTeamsApp`).
 */
const BOT = /^28:(?:(?:orgid|gcch|dod|gcch-global|dod-global):)?(.+)$/i;

/** The audience of a token for an app: its id, or one of the two Application ID URIs that Teams apps have. */
const AUDIENCE = /^(?:api:\/\/(?:botid-)?([^/]+)\/?|([^/:]+))$/i;

/** A GUID in lower case with hyphens; undefined for any other text. */
export function guidOf(text: string): string | undefined {
  const [, braced, plain, bare] = GUID.exec(text) ?? [];
  const hyphened = braced ?? plain ?? bare?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return hyphened?.toLowerCase();
}

/** The app id of the bot with that channel account id; undefined if the account is no app's. */
export function appOfAccount(account: string): string | undefined {
  const app = BOT.exec(account)?.[1];
  return app === undefined ? undefined : guidOf(app);
}

/**
 * The app id that a token's audience names: `<app>`, `api://<app>` or `api://botid-<app>`, as the Teams SDKs accept them
 * (microsoft/teams.net, JwtExtensions.cs; microsoft/teams.py, token_validator.py). Undefined for any other audience.
 */
export function appOfAudience(audience: string): string | undefined {
  const [, inUri, bare] = AUDIENCE.exec(audience) ?? [];
  const app = inUri ?? bare;
  return app === undefined ? undefined : guidOf(app);
}

/** The app id in whichever spelling an operator has it: its GUID, the bot's account id, or a token's audience. */
export function appIdOf(text: string): string | undefined {
  return appOfAccount(text) ?? appOfAudience(text);
}
