import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointsOf } from '../../../../src/config/presets/openclaw/openclaw-endpoints.ts';
import { Settings } from '../../../../src/config/presets/openclaw/openclaw-settings.ts';
import { parseJson5 } from '../../../../src/config/source/json5.ts';

type Env = Readonly<Record<string, string>>;

/** Where a gateway with that config gets webhooks, as short texts: the route and what it is verified by follow. */
function endpoints(text: string, env: Env): readonly string[] {
  const { tree, problems } = parseJson5('openclaw.json', text);
  assert.deepEqual(problems, []);
  assert.ok(tree?.kind === 'map');
  const variable = (name: string) => env[name];
  const found = endpointsOf(new Settings([tree], variable), variable);
  assert.deepEqual(found.problems, []);
  return found.endpoints.map(({ channel, path, own, route, verify }) => {
    const where = own === null ? '' : ` at ${own.name} ${own.host}:${own.port.value}${own.health ?? ''}`;
    const key = route === null ? '' : ` for ${route.sender}.${route.field}=${route.value.text}`;
    const proof = verify === null ? '' : ` by ${verify.sender}.${verify.field}=${verify.value.text}`;
    return `${channel} ${path}${where}${key}${proof}`;
  });
}

/** From docs/channels in the package of OpenClaw 2026.9.6. */
const CASES: readonly (readonly [name: string, config: string, env: Env, endpoints: readonly string[]])[] = [
  ['nothing is on by itself', '{}', {}, []],
  [
    'Slack in Socket Mode has no webhook',
    "{ channels: { slack: { botToken: 'b', appToken: 'a' } } }",
    {},
    [],
  ],
  [
    'Slack over HTTP',
    "{ channels: { slack: { mode: 'http', botToken: 'b', signingSecret: 's3' } } }",
    {},
    ['slack /slack/events by slack.signing_secret=s3'],
  ],
  [
    'Slack with a path of its own, and an app-level token that names the app',
    "{ channels: { slack: { mode: 'http', webhookPath: '/slack/one/', appToken: 'xapp-1-A0123456789-1-ff' } } }",
    {},
    ['slack /slack/one for slack.app=A0123456789'],
  ],
  [
    'a path without its slash, which OpenClaw trims and adds',
    "{ channels: { slack: { mode: 'http', webhookPath: ' slack/one ' } }, hooks: { enabled: true, path: ' h' } }",
    {},
    ['slack /slack/one', 'hooks /h'],
  ],
  [
    'accounts of Slack have paths and secrets of their own, and the mode of the channel',
    `{ channels: { slack: { mode: 'http', signingSecret: 'root', botToken: 'b', accounts: {
      a: { signingSecret: 'sa', webhookPath: '/slack/a' },
      b: { mode: 'socket' },
      c: { enabled: false },
    } } } }`,
    {},
    ['slack /slack/events by slack.signing_secret=root', 'slack /slack/a by slack.signing_secret=sa'],
  ],
  [
    'settings that accounts share are no account',
    "{ channels: { line: { dmPolicy: 'open', accounts: { a: { channelSecret: 'sa' } } } } }",
    {},
    ['line /line/webhook by line.channel_secret=sa'],
  ],
  ['a channel that is off', "{ channels: { line: { enabled: false, channelSecret: 's' } } }", {}, []],
  [
    'a channel whose plugin is off',
    "{ channels: { line: { channelSecret: 's' } }, plugins: { entries: { line: { enabled: false } } } }",
    {},
    [],
  ],
  [
    "LINE's secret from the environment",
    '{ channels: { line: {} } }',
    { LINE_CHANNEL_SECRET: 'es' },
    ['line /line/webhook by line.channel_secret=es'],
  ],
  [
    `a secret by SecretRef, by $NAME and by \${NAME}`,
    `{ channels: { slack: { mode: 'http', accounts: {
      a: { webhookPath: '/a', signingSecret: { source: 'env', provider: 'default', id: 'SA' } },
      b: { webhookPath: '/b', signingSecret: '$SB' },
      c: { webhookPath: '/c', signingSecret: 'x-\${SC}' },
      d: { webhookPath: '/d', signingSecret: '\${UNSET}' },
      e: { webhookPath: '/e', signingSecret: { source: 'file', provider: 'f', id: '/x' } },
      f: { webhookPath: '/f', signingSecret: '$$\${SA}' },
    } } } }`,
    { SA: 'a', SB: 'b', SC: 'c' },
    [
      'slack /a by slack.signing_secret=a',
      'slack /b by slack.signing_secret=b',
      'slack /c by slack.signing_secret=x-c',
      'slack /d',
      'slack /e',
      `slack /f by slack.signing_secret=$\${SA}`,
    ],
  ],
  [
    'Google Chat by its audience',
    "{ channels: { googlechat: { audienceType: 'project-number', audience: '1234567890' } } }",
    {},
    ['googlechat /googlechat for google_chat.audience=1234567890'],
  ],
  [
    'Google Chat at the path of its URL',
    "{ channels: { googlechat: { webhookUrl: 'https://bots.example.com/chat?x=1' } } }",
    {},
    ['googlechat /chat'],
  ],
  [
    'Teams on a port of its own',
    "{ channels: { msteams: { enabled: true, appId: '00000000-0000-0000-0000-00000000000a' } } }",
    {},
    [
      'msteams /api/messages at teams 0.0.0.0:3978 for bot_framework.app=00000000-0000-0000-0000-00000000000a',
    ],
  ],
  [
    'Teams elsewhere, its app from the environment',
    "{ channels: { msteams: { webhook: { port: 3980, path: '/teams' } } } }",
    { MSTEAMS_APP_ID: 'env-app' },
    ['msteams /teams at teams 0.0.0.0:3980 for bot_framework.app=env-app'],
  ],
  ['Telegram polls by default', "{ channels: { telegram: { botToken: 'b' } } }", {}, []],
  [
    'Telegram with a webhook',
    "{ channels: { telegram: { webhookUrl: 'https://bots.example.com/telegram-webhook', webhookSecret: 'ts' } } }",
    {},
    [
      'telegram /telegram-webhook at telegram 127.0.0.1:8787/healthz for telegram.secret_token=ts by telegram.secret_token=ts',
    ],
  ],
  ['Feishu over its WebSocket', "{ channels: { feishu: { appId: 'cli_a' } } }", {}, []],
  [
    'Feishu with a webhook, whose path may have a query',
    "{ channels: { feishu: { connectionMode: 'webhook', webhookPath: '/f?k=1', accounts: { a: { appId: 'cli_a', webhookPort: 3001 } } } } }",
    {},
    ['feishu /f at feishu 127.0.0.1:3001 for lark.app=cli_a'],
  ],
  [
    'SMS by its number, else by its account',
    "{ channels: { sms: { accounts: { a: { fromNumber: '+15550100' }, b: { accountSid: 'ACb', webhookPath: '/b' } } } } }",
    {},
    ['sms /webhooks/sms for twilio.to=+15550100', 'sms /b for twilio.account=ACb'],
  ],
  [
    "Mattermost's slash commands, if they are on",
    "{ channels: { mattermost: { botToken: 'b', commands: { native: true } } } }",
    {},
    ['mattermost /api/channels/mattermost/command'],
  ],
  ["Mattermost's events come over its WebSocket", "{ channels: { mattermost: { botToken: 'b' } } }", {}, []],
  [
    'Nextcloud Talk, Synology Chat and Zalo',
    `{ channels: {
      'nextcloud-talk': { botSecret: 'x' },
      'synology-chat': { token: 'x' },
      zalo: { webhookUrl: 'https://bots.example.com/zalo', webhookSecret: 'x' },
    } }`,
    {},
    [
      'nextcloud-talk /nextcloud-talk-webhook at nextcloud-talk 0.0.0.0:8788',
      'synology-chat /webhook/synology',
      'zalo /zalo',
    ],
  ],
  ['hooks are off by default', "{ hooks: { path: '/h' } }", {}, []],
  ['hooks, whose slash OpenClaw adds', "{ hooks: { enabled: true, path: 'h' } }", {}, ['hooks /h']],
  [
    'routes of the webhooks plugin',
    `{ plugins: { entries: { webhooks: { config: { routes: {
      zapier: { path: '/zap' }, ci: {}, off: { enabled: false },
    } } } } } }`,
    {},
    ['webhooks /zap', 'webhooks /plugins/webhooks/ci'],
  ],
  [
    'calls by Twilio',
    `{ plugins: { entries: { 'voice-call': { enabled: true, config: {
      enabled: true, provider: 'twilio', fromNumber: '+15550100', serve: { port: 3335 } } } } } }`,
    {},
    ['voice-call /voice/webhook at voice-call 127.0.0.1:3335 for twilio.to=+15550100'],
  ],
];

for (const [name, config, env, expected] of CASES) {
  test(name, () => assert.deepEqual(endpoints(config, env), expected));
}
