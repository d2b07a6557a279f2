import type { PlatformName } from '../../routing/route.ts';

/** Where a sender's portal or API takes the URL. */
export interface Portal {
  /** The fields for the URL, in the portal's own words. */
  readonly settings: readonly string[];
}

const META = {
  settings: ['Webhooks: Callback URL, with the verify_token of the route as Verify token'],
} as const;

/** The portal of each sender. Secrets are named by their field, never shown. */
export const PORTALS: Readonly<Record<Exclude<PlatformName, 'custom'>, Portal>> = {
  'bot-framework': { settings: ['Azure Bot, Configuration: Messaging endpoint'] },
  slack: {
    settings: [
      'Event Subscriptions: Request URL',
      'Interactivity & Shortcuts: Request URL',
      'Slash Commands: Request URL',
    ],
  },
  telegram: {
    settings: ['setWebhook: url, with the route’s secret_token as secret_token'],
  },
  discord: { settings: ['General Information: Interactions Endpoint URL'] },
  whatsapp: META,
  messenger: META,
  instagram: META,
  line: { settings: ['Messaging API: Webhook URL'] },
  twilio: { settings: ['Phone number, Messaging: A message comes in, Webhook'] },
  'google-chat': { settings: ['Chat API, Configuration: HTTP endpoint URL'] },
  lark: {
    settings: [
      'Events & Callbacks: Request URL of the events',
      'Events & Callbacks: Request URL of the callbacks',
    ],
  },
  wecom: { settings: ['the app’s Receive Messages: URL'] },
  dingtalk: { settings: ['the robot’s HTTP mode: message receiving URL'] },
  viber: { settings: ['set_webhook: url'] },
  github: { settings: ['Webhooks: Payload URL (of an app: Webhook URL)'] },
  gitea: { settings: ['Settings, Webhooks: Target URL'] },
  graph: {
    settings: ['subscription: notificationUrl', 'subscription: lifecycleNotificationUrl'],
  },
  mattermost: {
    settings: ['Outgoing Webhooks: Callback URLs', 'Slash Commands: Request URL'],
  },
  webex: { settings: ['webhook: targetUrl'] },
  zoom: { settings: ['Event Subscriptions: Event notification endpoint URL'] },
};
