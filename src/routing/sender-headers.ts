import type { PlatformName } from './route.ts';

/**
 * The headers by which senders name a bot or prove who they are, in lower case. Each of them must have one value
 * and one spelling: a gateway that took another value than the door did would serve another bot's request, or
 * verify another signature. Those that a custom route names are asked for one by one.
 */
const BY_SENDER: Readonly<Record<Exclude<PlatformName, 'custom'>, readonly string[]>> = {
  'bot-framework': ['authorization'],
  slack: ['x-slack-signature', 'x-slack-request-timestamp'],
  telegram: ['x-telegram-bot-api-secret-token'],
  discord: ['x-signature-ed25519', 'x-signature-timestamp'],
  whatsapp: ['x-hub-signature', 'x-hub-signature-256'],
  messenger: ['x-hub-signature', 'x-hub-signature-256'],
  instagram: ['x-hub-signature', 'x-hub-signature-256'],
  line: ['x-line-signature'],
  twilio: ['x-twilio-signature'],
  'google-chat': ['authorization'],
  lark: ['x-lark-signature', 'x-lark-request-timestamp', 'x-lark-request-nonce'],
  // In the query.
  wecom: [],
  dingtalk: ['timestamp', 'sign'],
  viber: ['x-viber-content-signature'],
  github: [
    'x-github-event',
    'x-github-delivery',
    'x-github-hook-id',
    'x-github-hook-installation-target-id',
    'x-github-hook-installation-target-type',
    'x-hub-signature',
    'x-hub-signature-256',
  ],
  // In the body.
  graph: [],
  mattermost: ['authorization'],
  webex: ['x-spark-signature'],
  zoom: ['x-zm-signature', 'x-zm-request-timestamp'],
};

export const SENDER_HEADERS: ReadonlySet<string> = new Set(Object.values(BY_SENDER).flat());
