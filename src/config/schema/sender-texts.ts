import type { PlatformName } from '../../routing/route.ts';

interface SenderTexts {
  readonly title: string;
  /** The meaning of each field. */
  readonly fields: Readonly<Record<string, string>>;
}

const VERIFY_TOKEN = "The Verify token of the app's webhook; names the bot in Meta's GET that tests the URL.";

/** Texts about each sender's route fields, for the JSON Schema and the config reference. */
const SENDER_TEXTS: Readonly<Partial<Record<PlatformName, SenderTexts>>> = {
  'bot-framework': {
    title: 'Bot Framework, Teams and Agent 365',
    fields: {
      app: "The bot's app id (a GUID): its recipient `28:<app>`, or the audience of the request's token (`<app>`, `api://<app>` or `api://botid-<app>`).",
      recipient: 'The id of the recipient, such as an Agent 365 user `8:orgid:<GUID>`.',
      agentic_app: "The app id of an Agent 365 agent's instance.",
      tenant: 'The Entra tenant of the recipient or the conversation.',
    },
  },
  dingtalk: { title: 'DingTalk', fields: { robot: "The robot's robotCode." } },
  discord: { title: 'Discord', fields: { application: 'The application id.' } },
  github: {
    title: 'GitHub',
    fields: {
      app: 'The id of the GitHub App that the webhook belongs to.',
      installation: 'The installation id of the GitHub App.',
      repository: 'The full name of the repository, such as `owner/name`; case does not count.',
      hook: 'The id of the webhook.',
    },
  },
  gitea: {
    title: 'Gitea, Forgejo, Gogs',
    fields: {
      repository: 'The full name of the repository, such as `owner/name`; case does not count.',
      owner: 'The user or organization that owns the repository; case does not count.',
    },
  },
  'google-chat': {
    title: 'Google Chat',
    fields: { audience: "The Cloud project's number or the endpoint's URL, as set in the Chat API." },
  },
  graph: {
    title: 'Microsoft Graph',
    fields: {
      subscription: 'The id of the subscription.',
      client_state: 'The clientState of the subscription.',
    },
  },
  instagram: {
    title: 'Instagram',
    fields: { account: 'The id of the professional account.', verify_token: VERIFY_TOKEN },
  },
  lark: { title: 'Lark and Feishu', fields: { app: 'The app id, `cli_…`.' } },
  line: { title: 'LINE', fields: { destination: "The bot's own user id, `U` and 32 hex digits." } },
  mattermost: {
    title: 'Mattermost',
    fields: {
      token: 'The token of the outgoing webhook or slash command.',
      team: 'The id of the team.',
    },
  },
  messenger: {
    title: 'Messenger',
    fields: { page: 'The id of the page.', verify_token: VERIFY_TOKEN },
  },
  slack: {
    title: 'Slack',
    fields: {
      team: 'The id of the workspace, `T…`.',
      enterprise: 'The id of the Enterprise Grid organization, `E…`.',
      app: 'The app id, `A…`.',
      token: "The app's verification token, for requests that name no app.",
    },
  },
  telegram: {
    title: 'Telegram',
    fields: { secret_token: 'The secret_token that was given to setWebhook.' },
  },
  twilio: {
    title: 'Twilio',
    fields: {
      to: "The bot's own number, such as `+15550100` or `whatsapp:+15550100`.",
      account: 'The account SID, `AC…`.',
    },
  },
  webex: {
    title: 'Webex',
    fields: { webhook: 'The id of the webhook.', app: 'The id of the integration that made the webhook.' },
  },
  wecom: {
    title: 'WeCom',
    fields: { corp: 'The corporation id.', agent: 'The agent id of the app.' },
  },
  whatsapp: {
    title: 'WhatsApp',
    fields: {
      phone_number: 'The id of the phone number (not the number itself).',
      account: 'The id of the WhatsApp Business Account.',
      verify_token: VERIFY_TOKEN,
    },
  },
  zoom: { title: 'Zoom', fields: { account: 'The account id.' } },
};

/** The sender's name for readers. */
export function senderTitle(name: PlatformName): string {
  return SENDER_TEXTS[name]?.title ?? name;
}

/** The meaning of a field of the sender's routes; undefined if it has no text. */
export function senderFieldText(name: PlatformName, field: string): string | undefined {
  return SENDER_TEXTS[name]?.fields[field];
}
