import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../../../src/config/types.ts';
import { launchOf } from '../../folder.ts';
import { APP, FULL, filesOf, load, OTHER_APP, planOf, STANDALONE, WEBHOOK } from './hermes-home.ts';

const ONE = 'profile_paths: true\nprofiles:\n  inbox: { preset: hermes }\n';

function listenersOf(plan: Plan, name = 'inbox') {
  const found = plan.profiles.find((profile) => profile.name === name)?.listeners ?? [];
  return found.map(({ name, host, port, paths, health }) => [name, host, port, paths, health.path]);
}

function routesOf(plan: Plan) {
  return plan.routes.filter(({ key }) => key !== null).map(({ profile, key }) => [profile, key]);
}

test('the preset derives command, environment, listeners and routes from the Hermes profile', async (t) => {
  const plan = await planOf(t, ONE, filesOf({ inbox: { config: FULL, env: 'OPENAI_API_KEY=hush\n' } }));
  const { argv, cwd, env } = launchOf(plan, 'inbox');
  const root = join(plan.at, 'home', '.hermes');
  assert.deepEqual(argv, ['hermes', '-p', 'inbox', 'gateway', 'run', '--external-supervisor']);
  assert.equal(cwd, join(root, 'profiles', 'inbox'));
  assert.deepEqual(env, {
    PATH: join(plan.at, 'bin'),
    HOME: join(plan.at, 'home'),
    HERMES_HOME: root,
    HERMES_GATEWAY_MAX_STARTS: '0',
  });
  assert.deepEqual(listenersOf(plan), [
    ['messages', '127.0.0.1', 18681, ['/api/messages'], '/healthz'],
    ['webhook', '127.0.0.1', 18641, ['/webhooks'], '/health'],
    ['graph', '127.0.0.1', 18661, ['/msgraph/webhook'], '/health'],
    ['api', '127.0.0.1', 18651, [], '/health'],
  ]);
  assert.deepEqual(routesOf(plan), [['inbox', { platform: 'bot-framework', fields: { app: [APP] } }]]);
  const [inbox] = plan.profiles;
  assert.equal(inbox?.startTimeout, 90_000);
  assert.equal(inbox?.startGroup, root);
  assert.deepEqual(
    inbox?.knownHolders.map(({ programs, args }) => [programs, args]),
    [
      [
        ['hermes', 'hermes_cli.main'],
        ['gateway', 'run'],
      ],
    ],
  );
  assert.deepEqual(inbox?.stop, { drain: 15_000, signal: 'SIGTERM', grace: 15_000 });
});

test('a profile with only the API is probed and never public', async (t) => {
  const config = 'platforms: { api_server: { enabled: true } }\n';
  const plan = await planOf(t, ONE, filesOf({ inbox: { config } }));
  assert.deepEqual(listenersOf(plan), [['api', '127.0.0.1', 8642, [], '/health']]);
});

test('a profile that opens no port is run without listeners', async (t) => {
  for (const config of ['telegram: { enabled: true }\n', '# nothing\n', '']) {
    const { loaded, lines } = await load(t, ONE, filesOf({ inbox: { config: config + STANDALONE } }));
    assert.ok(loaded.ok, lines.join('\n'));
    assert.deepEqual(lines, []);
    const [inbox] = loaded.plan.profiles;
    assert.deepEqual([inbox?.listeners, inbox?.ready], [[], { kind: 'lived', after: 7000 }]);
    assert.deepEqual(loaded.plan.routes, []);
  }
  const config = 'profiles:\n  inbox: { preset: hermes, ready_log: running }\n';
  const plan = await planOf(t, config, filesOf({ inbox: { config: STANDALONE } }));
  assert.equal(plan.profiles[0]?.ready.kind, 'log');
});

test('a warning says that Teams listens on every address', async (t) => {
  const config = `platforms:\n  teams:\n    enabled: true\n    extra: { port: 18671, client_id: ${APP} }\n`;
  const { loaded, lines } = await load(t, ONE, filesOf({ inbox: { config: config + STANDALONE } }));
  assert.ok(loaded.ok);
  assert.deepEqual(listenersOf(loaded.plan), [['messages', '0.0.0.0', 18671, ['/api/messages'], '/health']]);
  assert.deepEqual(routesOf(loaded.plan), [['inbox', { platform: 'bot-framework', fields: { app: [APP] } }]]);
  assert.deepEqual(lines, [
    "home/.hermes/profiles/inbox/config.yaml:2:3: listener 'messages' on 0.0.0.0 can be reached from outside without gwproxy; let it listen on 127.0.0.1, or block the port in a firewall",
  ]);
});

test('a host for Teams in its own config is believed, and nothing is warned of', async (t) => {
  const config = `platforms:\n  teams:\n    enabled: true\n    extra: { host: 127.0.0.1, port: 18671, client_id: ${APP} }\n`;
  const { loaded, lines } = await load(t, ONE, filesOf({ inbox: { config: config + STANDALONE } }));
  assert.ok(loaded.ok);
  assert.deepEqual(listenersOf(loaded.plan), [
    ['messages', '127.0.0.1', 18671, ['/api/messages'], '/health'],
  ]);
  assert.deepEqual(lines, []);
});

test('the other platforms get their routes by the ids in their own settings', async (t) => {
  const config = `platforms:
  whatsapp_cloud:
    enabled: true
    extra: { webhook_host: 127.0.0.1, phone_number_id: 100000000000001, waba_id: 100000000000002, verify_token: word }
  feishu:
    enabled: true
    extra: { connection_mode: webhook, app_id: cli_a000000000000001 }
  wecom_callback:
    enabled: true
    extra: { host: 127.0.0.1, corp_id: ww0000000000000001, agent_id: 1000001 }
`;
  const env =
    'TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001\nTWILIO_PHONE_NUMBER=+15550000001\n' +
    'TELEGRAM_BOT_TOKEN=hush\nTELEGRAM_WEBHOOK_URL=https://bots.example.com/telegram\n' +
    'TELEGRAM_WEBHOOK_HOST=127.0.0.1\nTELEGRAM_WEBHOOK_SECRET=hush\n';
  const files = filesOf({ inbox: { config: config + STANDALONE, env } });
  const { loaded, lines } = await load(t, 'profiles:\n  inbox: { preset: hermes }\n', files);
  assert.ok(loaded.ok, lines.join('\n'));
  assert.deepEqual(lines, []);
  assert.deepEqual(listenersOf(loaded.plan), [
    ['sms', '127.0.0.1', 8080, ['/webhooks/twilio'], '/health'],
    ['whatsapp', '127.0.0.1', 8090, ['/whatsapp/webhook'], '/health'],
    ['telegram', '127.0.0.1', 8443, ['/telegram'], null],
    ['feishu', '127.0.0.1', 8765, ['/feishu/webhook'], null],
    ['wecom', '127.0.0.1', 8645, ['/wecom/callback'], '/health'],
  ]);
  assert.deepEqual(
    routesOf(loaded.plan).map(([, key]) => key),
    [
      {
        platform: 'twilio',
        fields: { account: ['AC00000000000000000000000000000001'], to: ['+15550000001'] },
      },
      { platform: 'whatsapp', fields: { phone_number: ['100000000000001'] } },
      { platform: 'whatsapp', fields: { account: ['100000000000002'] } },
      { platform: 'whatsapp', fields: { verify_token: ['word'] } },
      { platform: 'telegram', fields: { secret_token: ['hush'] } },
      { platform: 'lark', fields: { app: ['cli_a000000000000001'] } },
      { platform: 'wecom', fields: { corp: ['ww0000000000000001'], agent: ['1000001'] } },
    ],
  );
});

test("Hermes' own default profile lives in the root, and HERMES_HOME moves it", async (t) => {
  const config =
    'profiles:\n  default: { preset: hermes, env: { HERMES_HOME: ~/elsewhere } }\nprofile_paths: true\n';
  const plan = await planOf(t, config, filesOf({ default: { config: WEBHOOK } }, 'home/elsewhere'));
  const { argv, cwd, env } = launchOf(plan, 'default');
  assert.deepEqual(argv.slice(0, 3), ['hermes', '-p', 'default']);
  assert.equal(cwd, join(plan.at, 'home', 'elsewhere'));
  assert.equal(env['HERMES_HOME'], cwd);
});

test('a HERMES_HOME below ~/.hermes means ~/.hermes, and that of a profile means the root above it', async (t) => {
  for (const [written, root] of [
    ['~/.hermes/profiles/other', 'home/.hermes'],
    ['~/data/profiles/other', 'home/data'],
  ] as const) {
    const config = `profile_paths: true\nprofiles:\n  inbox: { preset: hermes, env: { HERMES_HOME: ${written} } }\n`;
    const plan = await planOf(t, config, filesOf({ inbox: { config: WEBHOOK } }, root));
    assert.equal(launchOf(plan, 'inbox').cwd, join(plan.at, root, 'profiles', 'inbox'));
  }
});

test('the option `profile` names another Hermes profile', async (t) => {
  const config = `profile_paths: true
profiles:
  inbox: { preset: { hermes: { profile: "\${BOX}" } }, env_file: x.env }
`;
  const plan = await planOf(t, config, {
    ...filesOf({ in_box: { config: WEBHOOK } }),
    'x.env': 'BOX=in_box\n',
  });
  assert.equal(launchOf(plan, 'inbox').argv[2], 'in_box');
  assert.deepEqual(listenersOf(plan), [['webhook', '127.0.0.1', 18641, ['/webhooks'], '/health']]);
});

test("the profile's own fields win over derived ones", async (t) => {
  const config = `profile_paths: true
profiles:
  inbox:
    preset: hermes
    command: [hermes, mine]
    cwd: .
    env: { HERMES_GATEWAY_MAX_STARTS: 5, MINE: 1 }
    start_timeout: 3s
    stop: { grace: 1s }
    listeners:
      webhook: { health: { path: /up, failures: 9 } }
      graph: { paths: [] }
      more: { port: 18699, paths: [/more] }
    routes: [{ path: /mine }]
`;
  const plan = await planOf(t, config, filesOf({ inbox: { config: FULL } }));
  const { argv, cwd, env } = launchOf(plan, 'inbox');
  assert.deepEqual([argv, cwd], [['hermes', 'mine'], plan.at]);
  assert.deepEqual([env['HERMES_GATEWAY_MAX_STARTS'], env['MINE']], ['5', '1']);
  assert.ok(env['HERMES_HOME']?.endsWith('.hermes'));
  assert.deepEqual(listenersOf(plan), [
    ['messages', '127.0.0.1', 18681, ['/api/messages'], '/healthz'],
    ['webhook', '127.0.0.1', 18641, ['/webhooks'], '/up'],
    ['graph', '127.0.0.1', 18661, [], '/health'],
    ['api', '127.0.0.1', 18651, [], '/health'],
    ['more', '127.0.0.1', 18699, ['/more'], null],
  ]);
  assert.deepEqual(routesOf(plan), []);
  assert.ok(plan.routes.some(({ path }) => path === '/mine'));
  const [inbox] = plan.profiles;
  assert.equal(inbox?.startTimeout, 3_000);
  assert.deepEqual(inbox?.stop, { drain: 15_000, signal: 'SIGTERM', grace: 1_000 });
});

test('defaults may name the preset, and win over derived fields but not over the profile', async (t) => {
  const config = `profile_paths: true
defaults: { preset: hermes, start_timeout: 7s, env: { HERMES_HOME: ~/data } }
profiles:
  inbox:
  plain: { command: node, cwd: /, env: { PATH: ${join(process.execPath, '..')} } }
  elsewhere: { url: 'http://127.0.0.1:18690' }
`;
  const plan = await planOf(t, config, filesOf({ inbox: { config: WEBHOOK } }, 'home/data'));
  assert.equal(plan.profiles[0]?.startTimeout, 7_000);
  assert.equal(launchOf(plan, 'inbox').argv[0], 'hermes');
  assert.deepEqual(launchOf(plan, 'plain').argv, ['node']);
  assert.equal(plan.profiles[2]?.launch.kind, 'url');
});

test("stop.grace covers the drain timeout in Hermes' config", async (t) => {
  for (const [written, grace] of [
    ['90', 105_000],
    ['0.5', 16_000],
    ['soon', 15_000],
    ['-1', 15_000],
    ['.inf', 3_615_000],
  ] as const) {
    const config = `${WEBHOOK}agent: { restart_drain_timeout: ${written} }\n`;
    const plan = await planOf(t, ONE, filesOf({ inbox: { config } }));
    assert.equal(plan.profiles[0]?.stop.grace, grace, written);
  }
});

test("a reference in Hermes' files is literal text", async (t) => {
  const config = `platforms:
  agent365: { enabled: true, extra: { port: 18681, app_id: 'bot-\${HOME}-$$' } }
`;
  const plan = await planOf(t, ONE, filesOf({ inbox: { config } }));
  assert.deepEqual(plan.routes[0]?.key?.fields, { app: [`bot-\${HOME}-$$`] });
});

test('Teams beside Agent 365 is refused unless one of them is a profile of its own', async (t) => {
  const hermes = `platforms:
  teams:
    enabled: true
    extra: { port: 18671, client_id: ${OTHER_APP} }
  agent365:
    enabled: true
    extra: { port: 18681, app_id: ${APP} }
`;
  const both = await load(t, ONE, filesOf({ inbox: { config: hermes } }));
  assert.equal(both.loaded.ok, false);
  assert.deepEqual(both.lines, [
    'home/.hermes/profiles/inbox/config.yaml:5:3: teams and agent365 both answer at /api/messages, ' +
      "and only the path tells a profile's listeners apart; turn one off, or write " +
      'listeners: { teams: { paths: [] } } and give teams a profile of its own with ' +
      'url: http://127.0.0.1:18671 and its routes',
  ]);

  const config = `profiles:
  inbox: { preset: hermes, listeners: { teams: { paths: [] } } }
  inbox-teams:
    url: http://127.0.0.1:18671
    routes: [{ bot_framework: { app: ${OTHER_APP} } }]
`;
  const plan = await planOf(t, config, filesOf({ inbox: { config: hermes } }));
  assert.deepEqual(listenersOf(plan), [
    ['teams', '0.0.0.0', 18671, [], '/health'],
    ['agent365', '127.0.0.1', 18681, ['/api/messages'], '/healthz'],
  ]);
  assert.deepEqual(
    routesOf(plan).map(([profile]) => profile),
    ['inbox', 'inbox-teams'],
  );
});

test('the loaded files include every file that was read or looked for', async (t) => {
  const { at, loaded } = await load(t, ONE, filesOf({ inbox: { config: WEBHOOK } }));
  assert.deepEqual(
    loaded.files.map((file) => file.slice(at.length + 1)),
    ['gwproxy.yaml', 'home/.hermes/profiles/inbox/config.yaml', 'home/.hermes/profiles/inbox/.env'],
  );
});

test("the profile's env counts unless .env sets a variable, and no value is shown", async (t) => {
  const config = `profile_paths: true
profiles:
  inbox:
    preset: hermes
    env: { WEBHOOK_ENABLED: true, WEBHOOK_PORT: "\${SECRET_PORT}", HERMES_BRIDGE_PORT: 18689 }
    env_file: x.env
`;
  const files = filesOf({ inbox: { config: FULL, env: 'HERMES_BRIDGE_PORT=18688\n' } });
  const plan = await planOf(t, config, { ...files, 'x.env': 'SECRET_PORT=18649\n' });
  assert.deepEqual(
    plan.profiles[0]?.listeners.map(({ name, port }) => [name, port]),
    [
      ['messages', 18688],
      ['webhook', 18649],
      ['graph', 18661],
      ['api', 18651],
    ],
  );

  const { lines } = await load(t, config, { ...files, 'x.env': 'SECRET_PORT=hush\n' });
  assert.deepEqual(lines, ['gwproxy.yaml:5:49: webhook: WEBHOOK_PORT must be a port from 1 to 65535']);
});

test('no number of mistakes in a file is too large to be reported', async (t) => {
  const junk = 'no variable\n'.repeat(150_000);
  const files = filesOf({ 'inbox-triage': { config: `${WEBHOOK}${STANDALONE}`, env: junk } });
  const ofHermes = await load(t, 'profiles:\n  inbox-triage: { preset: hermes }\n', files);
  assert.ok(ofHermes.loaded.ok);
  assert.ok(ofHermes.lines.length >= 150_000);
  const own = 'profiles:\n  a: { command: hermes, env_file: a.env, routes: [{ path: /a }] }\n';
  const ofProfile = await load(t, own, { 'a.env': junk });
  assert.ok(!ofProfile.loaded.ok);
  assert.ok(ofProfile.lines.length >= 150_000);
});
