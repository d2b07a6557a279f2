import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hermesListeners } from '../../../../src/config/presets/hermes/hermes-listeners.ts';
import { parseYaml } from '../../../../src/config/source/yaml.ts';

type Env = Readonly<Record<string, string>>;

/** The listeners of a gateway with that config.yaml and environment, as short texts. */
function opened(text: string, env: Env): readonly string[] {
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
  return read.listeners.map(({ name, host, port, apps }) => {
    const said = apps.map((app) => app.text).join(',');
    return `${name} ${host.value}:${port.value}${said && ` ${said}`}`;
  });
}

const TEAMS_ENV = { TEAMS_CLIENT_ID: 'env-app', TEAMS_CLIENT_SECRET: 'hush', TEAMS_TENANT_ID: 'env-tenant' };
const A365_ENV = { A365_TENANT_ID: 'env-tenant', A365_APP_ID: 'env-app' };
const TEAMS = '{ extra: { port: 18671, client_id: file-app, client_secret: hush, tenant_id: t } }';
const A365 = '{ extra: { port: 18681, app_id: file-app, tenant_id: t } }';

/** From gateway/config.py and the adapters of Hermes Agent 0.19 and hermes-a365 0.8. */
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
    'WEBHOOK_PORT does not count without WEBHOOK_ENABLED',
    'platforms: { webhook: { enabled: true, extra: { port: 1 } } }',
    { WEBHOOK_PORT: '2' },
    ['webhook 0.0.0.0:1'],
  ],
  [
    'WEBHOOK_ENABLED beats enabled: false',
    'platforms: { webhook: { enabled: false } }',
    { WEBHOOK_ENABLED: 'on' },
    ['webhook 0.0.0.0:8644'],
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
    'a host for Teams is ignored',
    `platforms: { teams: { enabled: true, extra: { host: 127.0.0.1, client_id: a } } }`,
    {},
    ['messages 0.0.0.0:3978 a'],
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
];

for (const [name, config, env, listeners] of CASES) {
  test(name, () => assert.deepEqual(opened(config, env), listeners));
}
