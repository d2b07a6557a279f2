import type { SenderRow } from './sender-row.ts';

const ANY = /\S/;
const GUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;
const NUMBER = /^[1-9]\d{0,19}$/;

/**
 * The senders that call their bots by HTTP, and which of these a bot may also connect to by itself. Names of variables
 * and packages are those of each sender's own SDKs and quickstarts.
 */
export const WEBHOOK_ROWS: readonly SenderRow[] = [
  {
    title: 'Slack',
    packages: [
      '@slack/bolt',
      '@slack/events-api',
      '@slack/socket-mode',
      'slack-bolt',
      'slack_bolt',
      'slackeventsapi',
    ],
    webhook: {
      variables: /SLACKSIGNINGSECRET$/,
      text: /\b(?:HTTPReceiver|ExpressReceiver|AwsLambdaReceiver|SlackRequestHandler|AsyncSlackRequestHandler)\b|\bsocketMode\s{0,9}:\s{0,9}false\b/,
    },
    connection: {
      variables: /SLACKAPPTOKEN$/,
      imports: ['@slack/socket-mode', 'slack_sdk.socket_mode', 'slack_bolt.adapter.socket_mode'],
      text: /\bsocketMode\s{0,9}:\s{0,9}true\b|\bSocketMode(?:Receiver|Client|Handler)\b|\bAsyncSocketModeHandler\b/,
    },
    atRunTime: /\bsocketMode\s{0,9}(?::\s{0,9}(?!true\b|false\b|\s)|[,}])/,
    usually: 'webhook',
    decides: /\bnew\s{1,9}(?:\w{1,40}\.)?App\s{0,9}\(/,
    connectionName: 'Socket Mode',
    route: {
      platform: 'slack',
      key: 'slack',
      ids: [{ field: 'app', variables: /SLACKAPPID$/, looksLike: /^A[0-9A-Z]{6,}$/ }],
      example: 'slack: { team: T…, app: A… }',
      where:
        "team is the T… in the address of Slack in a browser, app the App ID on the app's Basic Information page",
    },
    verify: {
      entry: 'slack',
      secret: {
        field: 'signing_secret',
        variables: /SLACKSIGNINGSECRET$/,
        looksLike: ANY,
        where: "the Signing Secret on the app's Basic Information page",
      },
    },
  },
  {
    title: 'Bot Framework',
    packages: [
      '@microsoft/agents-hosting',
      '@microsoft/agents-hosting-express',
      '@microsoft/teams.apps',
      '@microsoft/teams-ai',
      'botbuilder',
      'botbuilder-core',
      'botbuilder-integration-aiohttp',
      'botbuilder.core',
      'microsoft-agents-hosting-core',
      'microsoft-agents-hosting-aiohttp',
      'microsoft_agents.hosting',
      'microsoft-teams-apps',
      'microsoft_teams.apps',
    ],
    webhook: { variables: /MICROSOFTAPPID$|^CONNECTIONS\w+CLIENTID$/ },
    connection: {},
    usually: 'webhook',
    listens: { module: '@microsoft/agents-hosting-express', call: 'startServer', port: 3978 },
    route: {
      platform: 'bot-framework',
      key: 'bot_framework',
      ids: [
        {
          field: 'app',
          variables: /MICROSOFTAPPID$|^CONNECTIONS\w+CLIENTID$|^CLIENTID$|^BOTID$|^AADAPPCLIENTID$/,
          looksLike: GUID,
        },
      ],
      example: 'bot_framework: { app: 00000000-… }',
      where: 'app is the Microsoft App ID: Azure portal, your Azure Bot, Configuration',
    },
    verify: { entry: 'bot_framework' },
  },
  {
    title: 'LINE',
    packages: ['@line/bot-sdk', 'line-bot-sdk', 'linebot'],
    webhook: {
      variables: /LINECHANNELSECRET$/,
      text: /\bmiddleware\s{0,9}\(|\bvalidateSignature\b|\bWebhookHandler\b|\bWebhookParser\b|\bSignatureValidator\b/,
    },
    connection: {},
    usually: null,
    route: {
      platform: 'line',
      key: 'line',
      ids: [
        {
          field: 'destination',
          variables: /LINE(?:BOT)?(?:USERID|DESTINATION)$/,
          looksLike: /^U[0-9a-f]{32}$/,
        },
      ],
      example: 'line: { destination: U… }',
      where: "destination is the bot's own user id, U and 32 hex digits: press Verify beside the webhook URL",
    },
    verify: {
      entry: 'line',
      secret: {
        field: 'channel_secret',
        variables: /^(?:LINE\w*)?CHANNELSECRET$/,
        looksLike: ANY,
        where: 'the Channel secret: LINE Developers, Basic settings',
      },
    },
  },
  {
    title: 'Twilio',
    packages: ['twilio'],
    webhook: {
      text: /\bvalidateRequest\b|\bvalidateExpressRequest\b|\btwilio\.webhook\b|\bMessagingResponse\b|\bVoiceResponse\b|\bRequestValidator\b/,
    },
    connection: {},
    usually: null,
    route: {
      platform: 'twilio',
      key: 'twilio',
      ids: [{ field: 'account', variables: /TWILIOACCOUNTSID$/, looksLike: /^AC[0-9a-f]{32}$/ }],
      example: 'twilio: { to: "+15550100" }',
      where: "to is the bot's own number, account the Account SID: console.twilio.com",
    },
    verify: {
      entry: 'twilio',
      secret: {
        field: 'auth_token',
        variables: /TWILIOAUTHTOKEN$/,
        looksLike: ANY,
        where: 'the Auth Token: console.twilio.com',
      },
      needsPublicUrl: true,
    },
  },
  {
    title: 'GitHub',
    packages: ['@octokit/webhooks', 'probot', 'gidgethub'],
    webhook: { variables: /GITHUB(?:APP)?WEBHOOKSECRET$/ },
    connection: { variables: /^WEBHOOKPROXYURL$/, imports: ['smee-client'] },
    usually: 'webhook',
    connectionName: 'a smee channel',
    listens: { module: 'probot', call: 'run', port: 3000 },
    route: {
      platform: 'github',
      key: 'github',
      ids: [{ field: 'app', variables: /^(?:\w*GITHUB)?APPID$/, looksLike: NUMBER }],
      example: 'github: { repository: OWNER/NAME }',
      where:
        "repository is OWNER/NAME; for a GitHub App write app in its place, the App ID on the app's settings page",
    },
    verify: {
      entry: 'github',
      secret: {
        field: 'secret',
        variables: /^\w*GITHUB\w*WEBHOOKSECRET$/,
        ambiguous: { variables: /^WEBHOOKSECRET$/ },
        looksLike: ANY,
        where: "the Secret on the webhook's settings page",
      },
    },
  },
  {
    title: 'Gitea',
    packages: [],
    webhook: { variables: /(?:GITEA|FORGEJO|GOGS)(?:WEBHOOK)?SECRET$/ },
    connection: {},
    usually: null,
    route: {
      platform: 'gitea',
      key: 'gitea',
      ids: [{ field: 'repository', variables: /GITEAREPOSITORY$/, looksLike: /^[\w.-]+\/[\w.-]+$/ }],
      example: 'gitea: { repository: OWNER/NAME }',
      where: 'repository is OWNER/NAME',
    },
    verify: {
      entry: 'gitea',
      secret: {
        field: 'secret',
        variables: /(?:GITEA|FORGEJO|GOGS)(?:WEBHOOK)?SECRET$/,
        looksLike: ANY,
        where: "the Secret on the webhook's settings page",
      },
    },
  },
  {
    title: 'WhatsApp',
    packages: ['whatsapp-cloud-api', 'pywa'],
    webhook: { variables: /(?:WHATSAPP|^WA)\w*VERIFYTOKEN$|WHATSAPPAPPSECRET$/ },
    connection: {},
    usually: 'webhook',
    route: {
      platform: 'whatsapp',
      key: 'whatsapp',
      ids: [
        {
          field: 'phone_number',
          variables: /(?:WHATSAPP|^WA)\w*PHONENUMBERID$|^PHONENUMBERID$/,
          looksLike: NUMBER,
        },
        {
          field: 'verify_token',
          variables: /(?:WHATSAPP|^WA)\w*VERIFYTOKEN$/,
          looksLike: ANY,
          isSecret: true,
        },
      ],
      example: 'whatsapp: { phone_number: 1000… }',
      where: 'phone_number is the Phone number ID: Meta App Dashboard, WhatsApp, API Setup',
    },
    verify: {
      entry: 'meta',
      secret: {
        field: 'app_secret',
        variables: /^(?:META|WHATSAPP|WA|FB|FACEBOOK)APPSECRET$/,
        ambiguous: { variables: /^APPSECRET$/ },
        looksLike: ANY,
        where: 'the App secret: Meta App Dashboard, App settings, Basic',
      },
    },
  },
  {
    title: 'Messenger',
    packages: ['messaging-api-messenger', 'fb-messenger-bot-api', 'pymessenger'],
    webhook: { variables: /(?:MESSENGER|FACEBOOK|FB)\w*VERIFYTOKEN$|(?:MESSENGER|FACEBOOK|FB)APPSECRET$/ },
    connection: {},
    usually: 'webhook',
    route: {
      platform: 'messenger',
      key: 'messenger',
      ids: [
        { field: 'page', variables: /(?:MESSENGER|FACEBOOK|FB)\w*PAGEID$/, looksLike: NUMBER },
        {
          field: 'verify_token',
          variables: /(?:MESSENGER|FACEBOOK|FB)\w*VERIFYTOKEN$/,
          looksLike: ANY,
          isSecret: true,
        },
      ],
      example: 'messenger: { page: 1000… }',
      where: "page is the page's id: Meta App Dashboard, Messenger",
    },
    verify: {
      entry: 'meta',
      secret: {
        field: 'app_secret',
        variables: /^(?:META|MESSENGER|FB|FACEBOOK)APPSECRET$/,
        ambiguous: { variables: /^APPSECRET$/ },
        looksLike: ANY,
        where: 'the App secret: Meta App Dashboard, App settings, Basic',
      },
    },
  },
  {
    title: 'Microsoft Graph',
    packages: [],
    webhook: { variables: /GRAPH\w*CLIENTSTATE$/ },
    connection: {},
    usually: null,
    route: {
      platform: 'graph',
      key: 'graph',
      ids: [{ field: 'client_state', variables: /GRAPH\w*CLIENTSTATE$/, looksLike: ANY, isSecret: true }],
      example: 'graph: { client_state: … }',
      where: 'client_state is what the bot gives as clientState to a subscription',
    },
    verify: {
      entry: 'graph',
      secret: {
        field: 'client_state',
        variables: /GRAPH\w*CLIENTSTATE$/,
        looksLike: ANY,
        where: 'the clientState of the subscription',
      },
    },
  },
];
