import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FoundListeners,
  hermesListeners,
} from '../../../../src/config/presets/hermes/hermes-listeners.ts';
import { parseYaml } from '../../../../src/config/source/yaml.ts';

type Env = Readonly<Record<string, string>>;

function found(text: string, env: Env): FoundListeners {
  const { tree, problems } = parseYaml('config.yaml', text);
  assert.deepEqual(problems, []);
  const empty = {
    kind: 'map',
    source: { file: 'config.yaml', line: 1, column: 1 },
    entries: new Map(),
  } as const;
  const read = hermesListeners(tree?.kind === 'map' ? tree : empty, (name) => {
    const value = env[name];
    return value
      ? { text: value, name, source: { file: '.env', line: 1, column: 1 }, hidden: true }
      : undefined;
  });
  assert.deepEqual(read.problems, []);
  return read;
}

/** The listeners of a gateway with that config.yaml and environment, as short texts. */
function opened(text: string, env: Env): readonly string[] {
  return found(text, env).listeners.map(({ name, host, port, routes }) => {
    const values = routes.flatMap(({ fields }) => Object.values(fields).flat());
    const said = values.map(({ text }) => text).join(',');
    return `${name} ${host.value}:${port.value}${said && ` ${said}`}`;
  });
}

const TEAMS_ENV = { TEAMS_CLIENT_ID: 'env-app', TEAMS_CLIENT_SECRET: 'hush', TEAMS_TENANT_ID: 'env-tenant' };
const A365_ENV = { A365_TENANT_ID: 'env-tenant', A365_APP_ID: 'env-app' };
const LINE_ENV = { LINE_CHANNEL_ACCESS_TOKEN: 'hush', LINE_CHANNEL_SECRET: 'hush' };
const TEAMS = '{ extra: { port: 18671, client_id: file-app, client_secret: hush, tenant_id: t } }';
const A365 = '{ extra: { port: 18681, app_id: file-app, tenant_id: t } }';

/** From gateway/config.py, gateway/config_env.py and the adapters of Hermes Agent 0.19 and 0.22, and of hermes-a365. */
const CASES: readonly (readonly [name: string, config: string, env: Env, listeners: readonly string[]])[] = [
  ['nothing is on by itself', '', {}, []],
  ['a platform without a switch is off', 'platforms: { webhook: { extra: { port: 1 } } }', {}, []],
  [
    'the usual ports',
    'platforms: { webhook: { enabled: true }, msgraph_webhook: { enabled: true }, api_server: { enabled: true } }',
    {},
    ['webhook 0.0.0.0:8644', 'graph 0.0.0.0:8646', 'api 127.0.0.1:8642'],
  ],
  ["YAML 1.1's yes is true", 'platforms: { webhook: { enabled: yes } }', {}, ['webhook 0.0.0.0:8644']],
  ['off is off', 'platforms: { webhook: { enabled: off } }', {}, []],
  [
    'a null host counts as unset',
    'platforms: { webhook: { enabled: true, extra: { host: ~, port: null } } }',
    {},
    ['webhook 0.0.0.0:8644'],
  ],
  [
    'a port in quotes',
    "platforms: { webhook: { enabled: true, extra: { port: '18641' } } }",
    {},
    ['webhook 0.0.0.0:18641'],
  ],
  [
    'platforms beats gateway.platforms, and extra is merged by key',
    'gateway: { platforms: { webhook: { enabled: true, extra: { host: 10.0.0.1, port: 1 } } } }\nplatforms: { webhook: { extra: { port: 2 } } }',
    {},
    ['webhook 10.0.0.1:2'],
  ],
  [
    "a top-level section of the platform's name turns it on or off",
    'webhook: { enabled: false }\nplatforms: { webhook: { enabled: true } }',
    {},
    [],
  ],
  [
    'WEBHOOK_PORT counts with WEBHOOK_ENABLED',
    'platforms: { webhook: { enabled: true, extra: { port: 1 } } }',
    { WEBHOOK_ENABLED: 'True', WEBHOOK_PORT: '2' },
    ['webhook 0.0.0.0:2'],
  ],
  [
    'WEBHOOK_PORT counts without WEBHOOK_ENABLED too',
    'platforms: { webhook: { enabled: true, extra: { port: 1 } } }',
    { WEBHOOK_PORT: '2' },
    ['webhook 0.0.0.0:2'],
  ],
  [
    'enabled: false beats WEBHOOK_ENABLED',
    'platforms: { webhook: { enabled: false } }',
    { WEBHOOK_ENABLED: 'on' },
    [],
  ],
  [
    'MSGRAPH_WEBHOOK_PORT alone counts',
    'platforms: { msgraph_webhook: { enabled: true, extra: { port: 1 } } }',
    { MSGRAPH_WEBHOOK_PORT: '2' },
    ['graph 0.0.0.0:2'],
  ],
  ['MSGRAPH_WEBHOOK_PORT turns nothing on', '', { MSGRAPH_WEBHOOK_PORT: '2' }, []],
  ['MSGRAPH_WEBHOOK_ENABLED turns Graph on', '', { MSGRAPH_WEBHOOK_ENABLED: '1' }, ['graph 0.0.0.0:8646']],
  [
    'API_SERVER_KEY turns the API on, and its port and host count',
    'platforms: { api_server: { extra: { port: 1, host: 10.0.0.1 } } }',
    { API_SERVER_KEY: 'hush', API_SERVER_PORT: '2', API_SERVER_HOST: '10.0.0.2' },
    ['api 10.0.0.2:2'],
  ],
  [
    'without API_SERVER_KEY config.yaml beats the environment',
    'platforms: { api_server: { enabled: true, extra: { port: 1 } } }',
    { API_SERVER_PORT: '2', API_SERVER_HOST: '10.0.0.2' },
    ['api 10.0.0.2:1'],
  ],
  [
    'Teams is on if its three values are set',
    `platforms: { teams: ${TEAMS} }`,
    {},
    ['messages 0.0.0.0:18671 file-app'],
  ],
  [
    'Teams from the environment alone',
    '',
    { ...TEAMS_ENV, TEAMS_PORT: '18672' },
    ['messages 0.0.0.0:18672 env-app'],
  ],
  [
    'all three Teams variables together beat config.yaml',
    `platforms: { teams: ${TEAMS} }`,
    { ...TEAMS_ENV, TEAMS_PORT: '18672' },
    ['messages 0.0.0.0:18672 env-app'],
  ],
  [
    'config.yaml beats two of the three Teams variables',
    `platforms: { teams: ${TEAMS} }`,
    { TEAMS_CLIENT_ID: 'env-app', TEAMS_PORT: '18672' },
    ['messages 0.0.0.0:18671 file-app'],
  ],
  ['Teams that was turned off stays off', 'platforms: { teams: { enabled: false } }', TEAMS_ENV, []],
  [
    "Teams' host is that of config.yaml",
    `platforms: { teams: { enabled: true, extra: { host: 127.0.0.1, client_id: a } } }`,
    { TEAMS_HOST: '10.0.0.1' },
    ['messages 127.0.0.1:3978 a'],
  ],
  [
    'TEAMS_HOST counts where config.yaml names no host',
    `platforms: { teams: { enabled: true, extra: { client_id: a } } }`,
    { TEAMS_HOST: '127.0.0.1' },
    ['messages 127.0.0.1:3978 a'],
  ],
  ['Agent 365 needs its plugin', `platforms: { agent365: ${A365} }`, {}, []],
  [
    'Agent 365 is on if its plugin, tenant and app are set',
    `plugins: { enabled: [agent365] }\nplatforms: { agent365: ${A365} }`,
    {},
    ['messages 127.0.0.1:18681 file-app'],
  ],
  [
    "Agent 365's environment beats config.yaml",
    `plugins: { enabled: [agent365] }\nplatforms: { agent365: ${A365} }`,
    { ...A365_ENV, HERMES_BRIDGE_PORT: '18682', A365_BF_APP_ID: 'bf-app' },
    ['messages 127.0.0.1:18682 env-app,bf-app'],
  ],
  [
    'two listeners for activities are named after their platforms',
    `platforms: { teams: ${TEAMS}, agent365: { enabled: true, extra: { port: 1, app_id: b } } }`,
    {},
    ['teams 0.0.0.0:18671 file-app', 'agent365 127.0.0.1:1 b'],
  ],
  ['LINE by its variables', '', LINE_ENV, ['line 0.0.0.0:8646']],
  [
    "LINE's variables beat config.yaml",
    'platforms: { line: { enabled: true, extra: { host: 10.0.0.1, port: 1 } } }',
    { LINE_HOST: '127.0.0.1', LINE_PORT: '2' },
    ['line 127.0.0.1:2'],
  ],
  [
    'SMS from the environment alone',
    'platforms: { sms: { extra: { port: 1, host: 0.0.0.0 } } }',
    { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_PHONE_NUMBER: '+15550001', SMS_WEBHOOK_PORT: '18082' },
    ['sms 127.0.0.1:18082 AC1,+15550001'],
  ],
  [
    'SMS that was turned off stays off',
    'platforms: { sms: { enabled: false } }',
    { TWILIO_ACCOUNT_SID: 'A' },
    [],
  ],
  [
    "WhatsApp's variables need both of their credentials",
    'platforms: { whatsapp_cloud: { enabled: true, extra: { phone_number_id: 7, webhook_port: 1 } } }',
    { WHATSAPP_CLOUD_PHONE_NUMBER_ID: '8', WHATSAPP_CLOUD_WEBHOOK_PORT: '2' },
    ['whatsapp 0.0.0.0:1 7'],
  ],
  [
    'WhatsApp by its variables, over config.yaml',
    'platforms: { whatsapp_cloud: { extra: { webhook_host: 127.0.0.1, webhook_port: 1, verify_token: word } } }',
    { WHATSAPP_CLOUD_PHONE_NUMBER_ID: '8', WHATSAPP_CLOUD_ACCESS_TOKEN: 'hush', WHATSAPP_CLOUD_WABA_ID: '9' },
    ['whatsapp 127.0.0.1:1 8,9,word'],
  ],
  ['Telegram polls', 'platforms: { telegram: { enabled: true } }', { TELEGRAM_BOT_TOKEN: 'hush' }, []],
  [
    'Telegram with a webhook',
    '',
    { TELEGRAM_BOT_TOKEN: 'hush', TELEGRAM_WEBHOOK_URL: 'https://x/t', TELEGRAM_WEBHOOK_SECRET: 'word' },
    ['telegram 0.0.0.0:8443 word'],
  ],
  ['Feishu has a WebSocket of its own', '', { FEISHU_APP_ID: 'cli_1', FEISHU_APP_SECRET: 'hush' }, []],
  [
    'Feishu by webhook',
    'platforms: { feishu: { enabled: true, extra: { connection_mode: webhook, app_id: cli_2 } } }',
    { FEISHU_WEBHOOK_PORT: '18765' },
    ['feishu 127.0.0.1:18765 cli_2'],
  ],
  [
    "Feishu's mode is that of the environment once its credentials are there",
    'platforms: { feishu: { enabled: true, extra: { connection_mode: webhook, app_id: cli_2 } } }',
    { FEISHU_APP_ID: 'cli_1', FEISHU_APP_SECRET: 'hush' },
    [],
  ],
  [
    'encrypted requests of Feishu name no app',
    'platforms: { feishu: { enabled: true, extra: { connection_mode: webhook, app_id: cli_2, encrypt_key: hush } } }',
    {},
    ['feishu 127.0.0.1:8765'],
  ],
  [
    'WeCom in config.yaml',
    'platforms: { wecom_callback: { enabled: true, extra: { host: 127.0.0.1, port: 1, corp_id: ww1, agent_id: 2 } } }',
    {},
    ['wecom 127.0.0.1:1 ww1,2'],
  ],
  [
    "WeCom's credentials in the environment replace its section",
    'platforms: { wecom_callback: { enabled: true, extra: { host: 127.0.0.1, port: 1, corp_id: ww1, agent_id: 2 } } }',
    { WECOM_CALLBACK_CORP_ID: 'ww3', WECOM_CALLBACK_CORP_SECRET: 'hush' },
    ['wecom 0.0.0.0:8645 ww3'],
  ],
  [
    'BlueBubbles',
    'platforms: { bluebubbles: { enabled: true, extra: { webhook_port: 1 } } }',
    {},
    ['bluebubbles 127.0.0.1:1'],
  ],
  [
    "BlueBubbles' credentials in the environment replace its section",
    'platforms: { bluebubbles: { enabled: true, extra: { webhook_port: 1 } } }',
    { BLUEBUBBLES_SERVER_URL: 'http://127.0.0.1:1234', BLUEBUBBLES_PASSWORD: 'hush' },
    ['bluebubbles 127.0.0.1:8645'],
  ],
];

/** What versions read in different ways, as the preset warns of it. */
const DIFFERENCES: readonly (readonly [config: string, env: Env, warnings: readonly string[]])[] = [
  [
    'platforms: { webhook: { enabled: false } }',
    { WEBHOOK_ENABLED: 'on' },
    [
      'webhook: WEBHOOK_ENABLED turns this platform on in Hermes 0.19, and `enabled: false` turns it off in newer versions: remove one of them',
    ],
  ],
  [
    'platforms: { webhook: { enabled: true } }',
    { WEBHOOK_PORT: '2' },
    ['webhook: Hermes 0.19 ignores WEBHOOK_PORT without WEBHOOK_ENABLED=true: set both, or none'],
  ],
  ['platforms: { webhook: { enabled: true } }', { WEBHOOK_PORT: '2', WEBHOOK_ENABLED: '1' }, []],
  ['', { WEBHOOK_PORT: '2' }, []],
  [
    '',
    { API_SERVER_ENABLED: 'true' },
    ['api_server: only Hermes 0.19 turns the API on by API_SERVER_ENABLED alone: set API_SERVER_KEY'],
  ],
];

for (const [name, config, env, listeners] of CASES) {
  test(name, () => assert.deepEqual(opened(config, env), listeners));
}

for (const [config, env, warnings] of DIFFERENCES) {
  test(`${config || 'an empty config.yaml'} with ${JSON.stringify(env)}`, () => {
    assert.deepEqual(
      found(config, env).warnings.map(({ message }) => message),
      warnings,
    );
  });
}

test('each platform has its public paths and its health path', () => {
  const config = `platforms:
  line: { enabled: true, extra: { webhook_path: /line/inbox } }
  whatsapp_cloud: { enabled: true, extra: { webhook_path: wa, health_path: up } }
  wecom_callback: { enabled: true, extra: { port: 18645, path: /wecom } }
  bluebubbles: { enabled: true }
  feishu: { enabled: true, extra: { connection_mode: webhook } }
  sms: { enabled: true }
  telegram: { enabled: true }
`;
  const { listeners } = found(config, { TELEGRAM_WEBHOOK_URL: 'https://bots.example.com/telegram/inbox' });
  assert.deepEqual(
    listeners.map(({ name, health, paths }) => [name, health, paths]),
    [
      ['sms', '/health', ['/webhooks/twilio']],
      ['line', '/line/inbox/health', ['/line/inbox', '/line/media']],
      ['whatsapp', '/up', ['/wa']],
      ['telegram', null, ['/telegram/inbox']],
      ['feishu', null, ['/feishu/webhook']],
      ['wecom', '/health', ['/wecom']],
      ['bluebubbles', '/health', []],
    ],
  );
});
