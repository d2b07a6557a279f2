import type { PlatformName } from '../../routing/route.ts';

/** Where a sender's portal or API takes the URL. */
export interface Portal {
  /** The fields for the URL, in the portal's own words. */
  readonly settings: readonly string[];
  /** The path that the sender's own SDK or samples serve by default; null if there is none. */
  readonly path: string | null;
}

const META = {
  settings: ['Webhooks: Callback URL, with the verify_token of the route as Verify token'],
  path: null,
} as const;

/** The portal of each sender. Secrets are named by their field, never shown. */
export const PORTALS: Readonly<Record<Exclude<PlatformName, 'custom'>, Portal>> = {
  'bot-framework': { settings: ['Azure Bot, Configuration: Messaging endpoint'], path: '/api/messages' },
  // bolt-js and bolt-python serve all three here.
  slack: {
    settings: [
      'Event Subscriptions: Request URL',
      'Interactivity & Shortcuts: Request URL',
      'Slash Commands: Request URL',
    ],
    path: '/slack/events',
  },
  telegram: {
    settings: ['setWebhook: url, with the route’s secret_token as secret_token'],
    path: null,
  },
  discord: { settings: ['General Information: Interactions Endpoint URL'], path: '/interactions' },
  whatsapp: META,
  messenger: META,
  instagram: META,
  line: { settings: ['Messaging API: Webhook URL'], path: null },
  twilio: { settings: ['Phone number, Messaging: A message comes in, Webhook'], path: null },
  'google-chat': { settings: ['Chat API, Configuration: HTTP endpoint URL'], path: null },
  lark: {
    settings: [
      'Events & Callbacks: Request URL of the events',
      'Events & Callbacks: Request URL of the callbacks',
    ],
    path: null,
  },
  wecom: { settings: ['the app’s Receive Messages: URL'], path: null },
  dingtalk: { settings: ['the robot’s HTTP mode: message receiving URL'], path: null },
  viber: { settings: ['set_webhook: url'], path: null },
  // octokit/webhooks.js, createNodeMiddleware.
  github: { settings: ['Webhooks: Payload URL (of an app: Webhook URL)'], path: '/api/github/webhooks' },
  gitea: { settings: ['Settings, Webhooks: Target URL'], path: null },
  graph: {
    settings: ['subscription: notificationUrl', 'subscription: lifecycleNotificationUrl'],
    path: null,
  },
  mattermost: {
    settings: ['Outgoing Webhooks: Callback URLs', 'Slash Commands: Request URL'],
    path: null,
  },
  webex: { settings: ['webhook: targetUrl'], path: null },
  zoom: { settings: ['Event Subscriptions: Event notification endpoint URL'], path: null },
};
