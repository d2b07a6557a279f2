/** Which of several settings counts, where Hermes reads one from its variables and from config.yaml. */
import type { PlatformSettings, Setting } from './hermes-settings.ts';

/** A setting that versions of Hermes read in different ways. */
export interface Difference {
  readonly at: Setting;
  readonly text: string;
}

/** The settings that Teams needs: variable, and name in config.yaml. */
export const TEAMS = [
  ['TEAMS_CLIENT_ID', 'client_id'],
  ['TEAMS_CLIENT_SECRET', 'client_secret'],
  ['TEAMS_TENANT_ID', 'tenant_id'],
] as const;

/** The variables that turn a platform on, and then count instead of or over its section in config.yaml (gateway/config_env.py). */
export const WHATSAPP = ['WHATSAPP_CLOUD_PHONE_NUMBER_ID', 'WHATSAPP_CLOUD_ACCESS_TOKEN'] as const;
export const FEISHU = ['FEISHU_APP_ID', 'FEISHU_APP_SECRET'] as const;
export const WECOM = ['WECOM_CALLBACK_CORP_ID', 'WECOM_CALLBACK_CORP_SECRET'] as const;
export const BLUEBUBBLES = ['BLUEBUBBLES_SERVER_URL', 'BLUEBUBBLES_PASSWORD'] as const;

export function hasAll({ env }: PlatformSettings, variables: readonly string[]): boolean {
  return variables.every((name) => env(name) !== undefined);
}

export function onBy(settings: PlatformSettings, variables: readonly string[]): Setting | undefined {
  return hasAll(settings, variables) ? settings.env(variables[0] ?? '') : undefined;
}

/** A platform that a variable turns on and config.yaml turns off. */
export function offInNewer({ enabled }: PlatformSettings, turnedOn: Setting | undefined): Difference | null {
  if (enabled !== false || turnedOn === undefined) return null;
  const text = `${turnedOn.name} turns this platform on in Hermes 0.19, and \`enabled: false\` turns it off in newer versions: remove one of them`;
  return { at: turnedOn, text };
}

/** The variable beats config.yaml, once those that turn the platform on are all set. */
export function over(
  settings: PlatformSettings,
  variables: readonly string[],
  variable: string,
  name: string,
): Setting | undefined {
  return (hasAll(settings, variables) ? settings.env(variable) : undefined) ?? settings.extra(name);
}

/** The variable or the default counts, and config.yaml does not, once those that turn the platform on are all set. */
export function instead(
  settings: PlatformSettings,
  variables: readonly string[],
  variable: string,
  name: string,
): Setting | undefined {
  return hasAll(settings, variables) ? settings.env(variable) : settings.extra(name);
}

export function feishuMode(settings: PlatformSettings): string {
  const mode =
    instead(settings, FEISHU, 'FEISHU_CONNECTION_MODE', 'connection_mode') ??
    settings.env('FEISHU_CONNECTION_MODE');
  return mode?.text.trim().toLowerCase() ?? 'websocket';
}

export function teams({ env, extra }: PlatformSettings, variable: string, name: string): Setting | undefined {
  const above = TEAMS.every(([each]) => env(each) !== undefined);
  return above ? (env(variable) ?? extra(name)) : (extra(name) ?? env(variable));
}

/** With its key in the environment, the environment beats config.yaml. */
export function api({ env, extra }: PlatformSettings, variable: string, name: string): Setting | undefined {
  return env('API_SERVER_KEY') === undefined
    ? (extra(name) ?? env(variable))
    : (env(variable) ?? extra(name));
}
