import type { Source } from '../../../routing/route.ts';
import { type Problem, problemAt } from '../../problems.ts';
import type { MapTree } from '../../source/yaml-tree.ts';
import {
  isTrue,
  type PlatformSettings,
  platformSettings,
  type Setting,
  type Variable,
} from './hermes-settings.ts';

/** One HTTP port that a Hermes gateway opens. */
export interface HermesListener {
  readonly platform: string;
  /** Its name among the profile's listeners. */
  readonly name: string;
  readonly source: Source;
  readonly host: { readonly value: string; readonly source: Source };
  readonly port: { readonly value: number; readonly source: Source };
  readonly health: string;
  /** Its public paths. */
  readonly paths: readonly string[];
  /** The Bot Framework apps whose activities it receives. */
  readonly apps: readonly Setting[];
}

/** The path that gets activities; fixed in Teams' SDK and in hermes-a365's code. */
export const MESSAGES_PATH = '/api/messages';

/** How one platform reads its settings, as of Hermes Agent 0.19 and hermes-a365 0.8. */
interface Rule {
  readonly platform: string;
  readonly name: string;
  readonly isOn: (settings: PlatformSettings) => boolean;
  readonly port: (settings: PlatformSettings) => Setting | undefined;
  readonly defaultPort: number;
  readonly host: (settings: PlatformSettings) => Setting | undefined;
  readonly defaultHost: string;
  readonly health: (settings: PlatformSettings) => string;
  readonly paths: (settings: PlatformSettings) => readonly string[];
  /** Null if its requests name no app. */
  readonly apps: ((settings: PlatformSettings) => readonly (Setting | undefined)[]) | null;
}

const EVERY_ADDRESS = '0.0.0.0';
const LOOPBACK = '127.0.0.1';

/** The settings that Teams needs: variable, and name in config.yaml. */
const TEAMS = [
  ['TEAMS_CLIENT_ID', 'client_id'],
  ['TEAMS_CLIENT_SECRET', 'client_secret'],
  ['TEAMS_TENANT_ID', 'tenant_id'],
] as const;

const RULES: readonly Rule[] = [
  {
    // plugins/platforms/teams/adapter.py: all three variables together beat config.yaml, one alone does not.
    platform: 'teams',
    name: 'messages',
    isOn: (settings) =>
      settings.enabled ??
      TEAMS.every(([variable, name]) => (settings.env(variable) ?? settings.extra(name)) !== undefined),
    port: (settings) => teams(settings, 'TEAMS_PORT', 'port'),
    defaultPort: 3978,
    host: () => undefined,
    defaultHost: EVERY_ADDRESS,
    health: () => '/health',
    paths: () => [MESSAGES_PATH],
    apps: (settings) => [teams(settings, 'TEAMS_CLIENT_ID', 'client_id')],
  },
  {
    // hermes_a365/plugin/adapter.py. The token of a Bot Service bot beside the blueprint names `bf_app_id`.
    platform: 'agent365',
    name: 'messages',
    isOn: (settings) =>
      settings.enabled ??
      (settings.hasPlugin('agent365') &&
        (settings.env('A365_TENANT_ID') ?? settings.extra('tenant_id')) !== undefined &&
        (settings.env('A365_APP_ID') ?? settings.extra('app_id')) !== undefined),
    port: ({ env, extra }) => env('HERMES_BRIDGE_PORT') ?? extra('port'),
    defaultPort: 3978,
    host: ({ extra }) => extra('host'),
    defaultHost: LOOPBACK,
    health: () => '/healthz',
    paths: () => [MESSAGES_PATH],
    apps: ({ env, extra }) => [
      env('A365_APP_ID') ?? extra('app_id'),
      env('A365_BF_APP_ID') ?? extra('bf_app_id'),
    ],
  },
  {
    // gateway/platforms/webhook.py: POST /webhooks/<route>.
    platform: 'webhook',
    name: 'webhook',
    isOn: ({ enabled, env }) => isTrue(env('WEBHOOK_ENABLED')) || enabled === true,
    port: ({ env, extra }) =>
      (isTrue(env('WEBHOOK_ENABLED')) ? env('WEBHOOK_PORT') : undefined) ?? extra('port'),
    defaultPort: 8644,
    host: ({ extra }) => extra('host'),
    defaultHost: EVERY_ADDRESS,
    health: () => '/health',
    paths: () => ['/webhooks'],
    apps: null,
  },
  {
    // gateway/platforms/msgraph_webhook.py
    platform: 'msgraph_webhook',
    name: 'graph',
    isOn: ({ enabled, env }) => isTrue(env('MSGRAPH_WEBHOOK_ENABLED')) || enabled === true,
    port: ({ env, extra }) => env('MSGRAPH_WEBHOOK_PORT') ?? extra('port'),
    defaultPort: 8646,
    host: ({ extra }) => extra('host'),
    defaultHost: EVERY_ADDRESS,
    health: ({ extra }) => rooted(extra('health_path')?.text ?? '/health'),
    paths: ({ extra }) => [rooted(extra('webhook_path')?.text ?? '/msgraph/webhook')],
    apps: null,
  },
  {
    // gateway/platforms/api_server.py. Watched but never public: it is the operator's own interface.
    platform: 'api_server',
    name: 'api',
    isOn: (settings) => isApiForced(settings) || settings.enabled === true,
    port: (settings) => api(settings, 'API_SERVER_PORT', 'port'),
    defaultPort: 8642,
    host: (settings) => api(settings, 'API_SERVER_HOST', 'host'),
    defaultHost: LOOPBACK,
    health: () => '/health',
    paths: () => [],
    apps: null,
  },
];

/** The names of the platforms that open a port. */
export const HTTP_PLATFORMS: readonly string[] = RULES.map(({ platform }) => platform);

function teams({ env, extra }: PlatformSettings, variable: string, name: string): Setting | undefined {
  const above = TEAMS.every(([each]) => env(each) !== undefined);
  return above ? (env(variable) ?? extra(name)) : (extra(name) ?? env(variable));
}

/** With its switch or key in the environment, the platform is on, and the environment beats config.yaml. */
function isApiForced({ env }: PlatformSettings): boolean {
  return isTrue(env('API_SERVER_ENABLED')) || env('API_SERVER_KEY') !== undefined;
}

function api(settings: PlatformSettings, variable: string, name: string): Setting | undefined {
  const { env, extra } = settings;
  return isApiForced(settings) ? (env(variable) ?? extra(name)) : (extra(name) ?? env(variable));
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** The ports that a gateway with these settings opens, in the order in which they are shown. Pure. */
export function hermesListeners(
  config: MapTree,
  env: Variable,
): { readonly listeners: readonly HermesListener[]; readonly problems: readonly Problem[] } {
  const listeners: HermesListener[] = [];
  const problems: Problem[] = [];
  for (const rule of RULES) {
    const settings = platformSettings(config, env, rule.platform);
    if (!rule.isOn(settings)) continue;
    const port = portOf(rule, settings);
    const host = rule.host(settings);
    if ('message' in port) problems.push(port);
    else {
      listeners.push({
        platform: rule.platform,
        name: rule.name,
        source: settings.source,
        host: { value: host?.text ?? rule.defaultHost, source: host?.source ?? settings.source },
        port,
        health: rule.health(settings),
        paths: rule.paths(settings),
        apps: rule.apps?.(settings).filter((app) => app !== undefined) ?? [],
      });
    }
  }
  return { listeners: withDistinctNames(listeners), problems };
}

function portOf(
  rule: Rule,
  settings: PlatformSettings,
): { readonly value: number; readonly source: Source } | Problem {
  const written = rule.port(settings);
  if (written === undefined) return { value: rule.defaultPort, source: settings.source };
  const value = /^\d{1,5}$/.test(written.text.trim()) ? Number(written.text) : 0;
  if (value >= 1 && value <= 65_535) return { value, source: written.source };
  const found = written.hidden ? '' : `, not '${written.text.slice(0, 60)}'`;
  return problemAt(
    written.source,
    `${rule.platform}: ${written.name} must be a port from 1 to 65535${found}`,
  );
}

/** Teams and Agent 365 both name their listener `messages`: with both on, each is named after its platform. */
function withDistinctNames(listeners: readonly HermesListener[]): readonly HermesListener[] {
  return listeners.map((listener) => {
    const alone = listeners.filter(({ name }) => name === listener.name).length === 1;
    return alone ? listener : { ...listener, name: listener.platform };
  });
}
