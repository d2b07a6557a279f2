import type { Setting, Settings, Variable } from './openclaw-settings.ts';

/** The settings of one account of a channel, with those of the channel behind them. */
export interface Account {
  readonly settings: Settings;
  /** Variables in place of settings; OpenClaw reads them for a channel's default account alone. */
  readonly variable: Variable;
}

/** A sender as routes and `verify` name it, with the values of one of its fields. */
export interface Keyed {
  readonly sender: string;
  readonly field: string;
  readonly value: Setting;
}

/** A port that a channel opens beside the gateway's. */
export interface OwnPort {
  readonly port: readonly string[];
  readonly usual: number;
  readonly host: string;
  /** Where the host is set; null if it cannot be. */
  readonly hostAt: string | null;
  /** The path of a probe; null if only a connection can be tried. */
  readonly health: string | null;
}

/** How one channel gets its webhooks, as of OpenClaw 2026.9 (docs/channels in its package). */
export interface Channel {
  /** Its key below `channels`; a plugin's below `plugins.entries`. */
  readonly name: string;
  /** The listener's name where it opens one. */
  readonly listener?: string;
  /** Keys that make the channel's own settings an account beside those in `accounts`. */
  readonly credentials: readonly string[];
  /** False if it fetches its events itself. */
  readonly isPushed: (account: Account) => boolean;
  readonly path: (account: Account) => Setting | undefined;
  readonly usualPath: string | null;
  readonly ownPort?: OwnPort;
  /** By which of its requests name the bot; null if the account's settings do not say it. */
  readonly route?: (account: Account) => Keyed | null;
  /** Undefined if no route can name it, and each bot needs a path of its own. */
  readonly routeToWrite?: string;
  readonly verify?: (account: Account) => Keyed | null;
}

const always = () => true;

function keyed(sender: string, field: string, value: Setting | undefined): Keyed | null {
  return value === undefined ? null : { sender, field, value };
}

function variable({ variable: find, settings }: Account, name: string): Setting | undefined {
  const text = find(name);
  return text ? { text, source: settings.source, hidden: true } : undefined;
}

/** The path of a URL, with the URL's place. */
function pathOf(url: Setting | undefined): Setting | undefined {
  if (url === undefined || !URL.canParse(url.text)) return undefined;
  return { ...url, text: new URL(url.text).pathname };
}

const webhookPath = ({ settings }: Account) => settings.text('webhookPath');

/** An app-level token names its app: `xapp-1-A0123456789-…`. */
function slackApp({ settings }: Account): Keyed | null {
  const token = settings.secret('appToken');
  const app = /^xapp-\d+-(A[A-Z0-9]+)-/.exec(token?.text ?? '')?.[1];
  return token === undefined || app === undefined
    ? null
    : { sender: 'slack', field: 'app', value: { text: app, source: token.source, hidden: false } };
}

export const CHANNELS: readonly Channel[] = [
  {
    name: 'slack',
    credentials: ['botToken', 'userToken', 'signingSecret'],
    isPushed: ({ settings }) => settings.text('mode')?.text === 'http',
    path: webhookPath,
    usualPath: '/slack/events',
    route: slackApp,
    routeToWrite: 'slack: { team: T… }',
    verify: ({ settings }) => keyed('slack', 'signing_secret', settings.secret('signingSecret')),
  },
  {
    name: 'line',
    credentials: ['channelAccessToken', 'channelSecret', 'tokenFile', 'secretFile'],
    isPushed: always,
    path: webhookPath,
    usualPath: '/line/webhook',
    routeToWrite: 'line: { destination: U… }',
    verify: (account) =>
      keyed(
        'line',
        'channel_secret',
        account.settings.secret('channelSecret') ?? variable(account, 'LINE_CHANNEL_SECRET'),
      ),
  },
  {
    name: 'googlechat',
    credentials: ['serviceAccount', 'serviceAccountFile', 'audience'],
    isPushed: always,
    path: (account) => webhookPath(account) ?? pathOf(account.settings.text('webhookUrl')),
    usualPath: '/googlechat',
    route: ({ settings }) => keyed('google_chat', 'audience', settings.text('audience')),
    routeToWrite: 'google_chat: { audience: … }',
  },
  {
    name: 'msteams',
    listener: 'teams',
    credentials: ['appId', 'appPassword'],
    isPushed: always,
    path: ({ settings }) => settings.text('webhook', 'path'),
    usualPath: '/api/messages',
    ownPort: { port: ['webhook', 'port'], usual: 3978, host: '0.0.0.0', hostAt: null, health: null },
    route: (account) =>
      keyed('bot_framework', 'app', account.settings.secret('appId') ?? variable(account, 'MSTEAMS_APP_ID')),
    routeToWrite: 'bot_framework: { app: … }',
  },
  {
    name: 'telegram',
    credentials: ['botToken', 'tokenFile', 'webhookUrl'],
    isPushed: ({ settings }) => settings.has('webhookUrl'),
    path: webhookPath,
    usualPath: '/telegram-webhook',
    ownPort: {
      port: ['webhookPort'],
      usual: 8787,
      host: '127.0.0.1',
      hostAt: 'webhookHost',
      health: '/healthz',
    },
    route: ({ settings }) => keyed('telegram', 'secret_token', settings.secret('webhookSecret')),
    routeToWrite: `telegram: { secret_token: "\${NAME}" }`,
    verify: ({ settings }) => keyed('telegram', 'secret_token', settings.secret('webhookSecret')),
  },
  {
    name: 'feishu',
    credentials: ['appId', 'appSecret'],
    isPushed: ({ settings }) => settings.text('connectionMode')?.text === 'webhook',
    path: webhookPath,
    usualPath: '/feishu/events',
    ownPort: { port: ['webhookPort'], usual: 3000, host: '127.0.0.1', hostAt: 'webhookHost', health: null },
    route: ({ settings }) => keyed('lark', 'app', settings.secret('appId')),
    routeToWrite: 'lark: { app: cli_… }',
  },
  {
    name: 'sms',
    credentials: ['accountSid', 'authToken', 'fromNumber', 'messagingServiceSid'],
    isPushed: always,
    path: (account) => webhookPath(account) ?? variable(account, 'SMS_WEBHOOK_PATH'),
    usualPath: '/webhooks/sms',
    route: (account) =>
      keyed(
        'twilio',
        'to',
        account.settings.text('fromNumber') ??
          variable(account, 'TWILIO_PHONE_NUMBER') ??
          variable(account, 'TWILIO_SMS_FROM'),
      ) ??
      keyed(
        'twilio',
        'account',
        account.settings.text('accountSid') ?? variable(account, 'TWILIO_ACCOUNT_SID'),
      ),
    routeToWrite: 'twilio: { to: "+…" }',
  },
  {
    name: 'mattermost',
    credentials: ['botToken'],
    isPushed: ({ settings }) => settings.flag('commands', 'native') === true,
    path: ({ settings }) => settings.text('commands', 'callbackPath'),
    usualPath: '/api/channels/mattermost/command',
  },
  {
    name: 'nextcloud-talk',
    credentials: ['botSecret', 'botSecretFile'],
    isPushed: always,
    path: webhookPath,
    usualPath: '/nextcloud-talk-webhook',
    ownPort: { port: ['webhookPort'], usual: 8788, host: '0.0.0.0', hostAt: 'webhookHost', health: null },
  },
  {
    name: 'synology-chat',
    credentials: ['token', 'incomingUrl'],
    isPushed: always,
    path: webhookPath,
    usualPath: '/webhook/synology',
  },
  {
    name: 'zalo',
    credentials: ['botToken', 'tokenFile', 'webhookUrl'],
    isPushed: ({ settings }) => settings.has('webhookUrl'),
    path: (account) => webhookPath(account) ?? pathOf(account.settings.text('webhookUrl')),
    usualPath: null,
  },
];

/** A plugin that opens a port of its own for the calls of its telephony provider. */
export const VOICE_CALL: Channel = {
  name: 'voice-call',
  credentials: [],
  isPushed: ({ settings }) => settings.flag('enabled') !== false,
  path: ({ settings }) => settings.text('serve', 'path'),
  usualPath: '/voice/webhook',
  ownPort: { port: ['serve', 'port'], usual: 3334, host: '127.0.0.1', hostAt: null, health: null },
  route: ({ settings }) =>
    settings.text('provider')?.text === 'twilio' ? keyed('twilio', 'to', settings.text('fromNumber')) : null,
  routeToWrite: 'twilio: { to: "+…" }',
};
