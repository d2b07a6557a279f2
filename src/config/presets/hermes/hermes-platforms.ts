import {
  api,
  BLUEBUBBLES,
  type Difference,
  FEISHU,
  feishuMode,
  hasAll,
  instead,
  offInNewer,
  onBy,
  over,
  TEAMS,
  teams,
  WECOM,
  WHATSAPP,
} from './hermes-precedence.ts';
import { isTrue, type PlatformSettings, type Setting } from './hermes-settings.ts';

/** A route of a platform's requests: its sender as gwproxy's config names it, and the values of the sender's fields. */
export interface HermesRoute {
  readonly sender: string;
  /** By field; any of a field's values matches. None is empty. */
  readonly fields: Readonly<Record<string, readonly Setting[]>>;
}

/**
 * How one platform of Hermes reads its settings: in Hermes Agent 0.19 with hermes-a365 0.8, and in 0.22 with 0.9. Where the
 * two differ, the newer is followed, and `differs` warns of what the older reads otherwise.
 */
export interface HermesPlatform {
  readonly platform: string;
  /** The name of its listener. */
  readonly name: string;
  readonly isOn: (settings: PlatformSettings) => boolean;
  readonly port: (settings: PlatformSettings) => Setting | undefined;
  readonly defaultPort: number;
  readonly host: (settings: PlatformSettings) => Setting | undefined;
  readonly defaultHost: string;
  /** Null: it answers at no path without a request of its sender, so that a connection has to be enough. */
  readonly health: (settings: PlatformSettings) => string | null;
  /** Its public paths. */
  readonly paths: (settings: PlatformSettings) => readonly string[];
  /** Empty if its files hold nothing that its requests name. */
  readonly routes: (settings: PlatformSettings) => readonly HermesRoute[];
  readonly differs?: (settings: PlatformSettings) => Difference | null;
}

const EVERY_ADDRESS = '0.0.0.0';
const LOOPBACK = '127.0.0.1';

/** The path that gets activities; fixed in Teams' SDK and in hermes-a365's code. */
export const MESSAGES_PATH = '/api/messages';

/** In the order in which their listeners are shown. */
export const HERMES_PLATFORMS: readonly HermesPlatform[] = [
  {
    // plugins/platforms/teams/adapter.py: all three variables together beat config.yaml, one alone does not.
    platform: 'teams',
    name: 'messages',
    isOn: (settings) =>
      settings.enabled ??
      TEAMS.every(([variable, name]) => (settings.env(variable) ?? settings.extra(name)) !== undefined),
    port: (settings) => teams(settings, 'TEAMS_PORT', 'port'),
    defaultPort: 3978,
    // 0.19 listens on every address whatever these say; `gwproxy doctor` finds that while it runs.
    host: ({ env, extra }) => extra('host') ?? env('TEAMS_HOST'),
    defaultHost: EVERY_ADDRESS,
    health: () => '/health',
    paths: () => [MESSAGES_PATH],
    routes: (settings) => route('bot_framework', { app: [teams(settings, 'TEAMS_CLIENT_ID', 'client_id')] }),
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
    routes: ({ env, extra }) =>
      route('bot_framework', {
        app: [env('A365_APP_ID') ?? extra('app_id'), env('A365_BF_APP_ID') ?? extra('bf_app_id')],
      }),
  },
  {
    // gateway/platforms/webhook.py: POST /webhooks/<route>.
    platform: 'webhook',
    name: 'webhook',
    isOn: ({ enabled, env }) => enabled ?? isTrue(env('WEBHOOK_ENABLED')),
    port: ({ env, extra }) => env('WEBHOOK_PORT') ?? extra('port'),
    defaultPort: 8644,
    host: ({ extra }) => extra('host'),
    defaultHost: EVERY_ADDRESS,
    health: () => '/health',
    paths: () => ['/webhooks'],
    routes: () => [],
    differs: (settings) => {
      const { env } = settings;
      const port = env('WEBHOOK_PORT');
      if (isTrue(env('WEBHOOK_ENABLED'))) return offInNewer(settings, env('WEBHOOK_ENABLED'));
      return settings.enabled === true && port !== undefined
        ? {
            at: port,
            text: 'Hermes 0.19 ignores WEBHOOK_PORT without WEBHOOK_ENABLED=true: set both, or none',
          }
        : null;
    },
  },
  {
    // gateway/platforms/msgraph_webhook.py
    platform: 'msgraph_webhook',
    name: 'graph',
    isOn: ({ enabled, env }) => enabled ?? isTrue(env('MSGRAPH_WEBHOOK_ENABLED')),
    port: ({ env, extra }) => env('MSGRAPH_WEBHOOK_PORT') ?? extra('port'),
    defaultPort: 8646,
    host: ({ extra }) => extra('host'),
    defaultHost: EVERY_ADDRESS,
    health: ({ extra }) => rooted(extra('health_path')?.text ?? '/health'),
    paths: ({ extra }) => [rooted(extra('webhook_path')?.text ?? '/msgraph/webhook')],
    routes: () => [],
    differs: (settings) => {
      const turnedOn = settings.env('MSGRAPH_WEBHOOK_ENABLED');
      return isTrue(turnedOn) ? offInNewer(settings, turnedOn) : null;
    },
  },
  {
    // plugins/platforms/sms/adapter.py: Twilio, from the environment alone.
    platform: 'sms',
    name: 'sms',
    isOn: ({ enabled, env }) => enabled ?? env('TWILIO_ACCOUNT_SID') !== undefined,
    port: ({ env }) => env('SMS_WEBHOOK_PORT'),
    defaultPort: 8080,
    host: ({ env }) => env('SMS_WEBHOOK_HOST'),
    defaultHost: LOOPBACK,
    health: () => '/health',
    paths: () => ['/webhooks/twilio'],
    routes: ({ env }) =>
      route('twilio', { account: [env('TWILIO_ACCOUNT_SID')], to: [env('TWILIO_PHONE_NUMBER')] }),
    differs: (settings) => offInNewer(settings, settings.env('TWILIO_ACCOUNT_SID')),
  },
  {
    // plugins/platforms/line/adapter.py. The bot's own id, which a webhook names, is asked of LINE at each start. Media is
    // fetched below LINE_PUBLIC_URL.
    platform: 'line',
    name: 'line',
    isOn: ({ enabled, env, extra }) =>
      enabled ??
      ((env('LINE_CHANNEL_ACCESS_TOKEN') ?? extra('channel_access_token')) !== undefined &&
        (env('LINE_CHANNEL_SECRET') ?? extra('channel_secret')) !== undefined),
    port: ({ env, extra }) => env('LINE_PORT') ?? extra('port'),
    defaultPort: 8646,
    host: ({ env, extra }) => env('LINE_HOST') ?? extra('host'),
    defaultHost: EVERY_ADDRESS,
    health: ({ extra }) => `${linePath(extra)}/health`,
    paths: ({ extra }) => [linePath(extra), '/line/media'],
    routes: () => [],
  },
  {
    // gateway/platforms/whatsapp_cloud.py
    platform: 'whatsapp_cloud',
    name: 'whatsapp',
    isOn: (settings) => settings.enabled ?? hasAll(settings, WHATSAPP),
    port: (settings) => over(settings, WHATSAPP, 'WHATSAPP_CLOUD_WEBHOOK_PORT', 'webhook_port'),
    defaultPort: 8090,
    host: (settings) => over(settings, WHATSAPP, 'WHATSAPP_CLOUD_WEBHOOK_HOST', 'webhook_host'),
    defaultHost: EVERY_ADDRESS,
    health: ({ extra }) => rooted(extra('health_path')?.text ?? '/health'),
    paths: (settings) => [
      rooted(
        over(settings, WHATSAPP, 'WHATSAPP_CLOUD_WEBHOOK_PATH', 'webhook_path')?.text ?? '/whatsapp/webhook',
      ),
    ],
    routes: (settings) => [
      ...route('whatsapp', {
        phone_number: [over(settings, WHATSAPP, 'WHATSAPP_CLOUD_PHONE_NUMBER_ID', 'phone_number_id')],
      }),
      // Updates of the account and its templates name no number, and Meta's test of the URL names the token alone.
      ...route('whatsapp', { account: [over(settings, WHATSAPP, 'WHATSAPP_CLOUD_WABA_ID', 'waba_id')] }),
      ...route('whatsapp', {
        verify_token: [over(settings, WHATSAPP, 'WHATSAPP_CLOUD_VERIFY_TOKEN', 'verify_token')],
      }),
    ],
    differs: (settings) => offInNewer(settings, onBy(settings, WHATSAPP)),
  },
  {
    // plugins/platforms/telegram/adapter.py: it polls, and opens no port, unless TELEGRAM_WEBHOOK_URL is set.
    platform: 'telegram',
    name: 'telegram',
    isOn: ({ enabled, env }) =>
      env('TELEGRAM_WEBHOOK_URL') !== undefined && (enabled ?? env('TELEGRAM_BOT_TOKEN') !== undefined),
    port: ({ env }) => env('TELEGRAM_WEBHOOK_PORT'),
    defaultPort: 8443,
    host: ({ env, extra }) => env('TELEGRAM_WEBHOOK_HOST') ?? extra('webhook_host'),
    defaultHost: EVERY_ADDRESS,
    health: () => null,
    paths: ({ env }) => [pathOf(env('TELEGRAM_WEBHOOK_URL')) ?? '/telegram'],
    routes: ({ env }) => route('telegram', { secret_token: [env('TELEGRAM_WEBHOOK_SECRET')] }),
  },
  {
    // plugins/platforms/feishu/adapter.py: a WebSocket of its own, and no port, unless its mode is `webhook`.
    platform: 'feishu',
    name: 'feishu',
    isOn: (settings) => feishuMode(settings) === 'webhook' && (settings.enabled ?? hasAll(settings, FEISHU)),
    port: ({ env, extra }) => extra('webhook_port') ?? env('FEISHU_WEBHOOK_PORT'),
    defaultPort: 8765,
    host: ({ env, extra }) => extra('webhook_host') ?? env('FEISHU_WEBHOOK_HOST'),
    defaultHost: LOOPBACK,
    health: () => null,
    paths: ({ env, extra }) => [
      rooted((extra('webhook_path') ?? env('FEISHU_WEBHOOK_PATH'))?.text ?? '/feishu/webhook'),
    ],
    // Of an encrypted request nothing can be read.
    routes: (settings) =>
      (settings.extra('encrypt_key') ?? settings.env('FEISHU_ENCRYPT_KEY')) === undefined
        ? route('lark', { app: [over(settings, FEISHU, 'FEISHU_APP_ID', 'app_id')] })
        : [],
    differs: (settings) => offInNewer(settings, onBy(settings, FEISHU)),
  },
  {
    // plugins/platforms/wecom/callback_adapter.py. With its two variables set, the host and port of config.yaml count no more.
    platform: 'wecom_callback',
    name: 'wecom',
    isOn: (settings) => settings.enabled ?? hasAll(settings, WECOM),
    port: (settings) => instead(settings, WECOM, 'WECOM_CALLBACK_PORT', 'port'),
    defaultPort: 8645,
    host: (settings) => instead(settings, WECOM, 'WECOM_CALLBACK_HOST', 'host'),
    defaultHost: EVERY_ADDRESS,
    health: () => '/health',
    paths: ({ extra }) => [rooted(extra('path')?.text ?? '/wecom/callback')],
    routes: (settings) =>
      route('wecom', {
        corp: [instead(settings, WECOM, 'WECOM_CALLBACK_CORP_ID', 'corp_id')],
        agent: [instead(settings, WECOM, 'WECOM_CALLBACK_AGENT_ID', 'agent_id')],
      }),
    differs: (settings) => offInNewer(settings, onBy(settings, WECOM)),
  },
  {
    // gateway/platforms/bluebubbles.py tells the BlueBubbles server to call it at its own address: it is never public.
    platform: 'bluebubbles',
    name: 'bluebubbles',
    isOn: (settings) => settings.enabled ?? hasAll(settings, BLUEBUBBLES),
    port: (settings) =>
      instead(settings, BLUEBUBBLES, 'BLUEBUBBLES_WEBHOOK_PORT', 'webhook_port') ??
      settings.env('BLUEBUBBLES_WEBHOOK_PORT'),
    defaultPort: 8645,
    host: (settings) =>
      instead(settings, BLUEBUBBLES, 'BLUEBUBBLES_WEBHOOK_HOST', 'webhook_host') ??
      settings.env('BLUEBUBBLES_WEBHOOK_HOST'),
    defaultHost: LOOPBACK,
    health: () => '/health',
    paths: () => [],
    routes: () => [],
    differs: (settings) => offInNewer(settings, onBy(settings, BLUEBUBBLES)),
  },
  {
    // gateway/platforms/api_server.py. Watched but never public: it is the operator's own interface.
    platform: 'api_server',
    name: 'api',
    isOn: ({ enabled, env }) => enabled ?? env('API_SERVER_KEY') !== undefined,
    port: (settings) => api(settings, 'API_SERVER_PORT', 'port'),
    defaultPort: 8642,
    host: (settings) => api(settings, 'API_SERVER_HOST', 'host'),
    defaultHost: LOOPBACK,
    health: () => '/health',
    paths: () => [],
    routes: () => [],
    differs: (settings) => {
      const { enabled, env } = settings;
      const turnedOn = env('API_SERVER_ENABLED');
      if (enabled === undefined && env('API_SERVER_KEY') === undefined && isTrue(turnedOn) && turnedOn) {
        const text = 'only Hermes 0.19 turns the API on by API_SERVER_ENABLED alone: set API_SERVER_KEY';
        return { at: turnedOn, text };
      }
      return offInNewer(settings, env('API_SERVER_KEY'));
    },
  },
];

function linePath(extra: PlatformSettings['extra']): string {
  return rooted(extra('webhook_path')?.text ?? '/line/webhook');
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** The path of a URL; undefined if it is none, or has none. */
function pathOf(url: Setting | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url.text)) return undefined;
  const { pathname } = new URL(url.text);
  return pathname === '/' ? undefined : pathname;
}

/** Empty if no field has a value. */
function route(
  sender: string,
  fields: Readonly<Record<string, readonly (Setting | undefined)[]>>,
): readonly HermesRoute[] {
  const known = Object.entries(fields).flatMap(([field, values]) => {
    const set = values.filter((value) => value !== undefined);
    return set.length > 0 ? [[field, set] as const] : [];
  });
  return known.length === 0 ? [] : [{ sender, fields: Object.fromEntries(known) }];
}
