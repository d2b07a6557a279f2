import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../../../src/config/types.ts';
import { launchOf } from '../../folder.ts';
import { load, openClawJson, planOf } from './openclaw-profiles.ts';

const ONE = 'profile_paths: true\nprofiles:\n  support: { preset: openclaw }\n';
const CONFIG = 'home/.openclaw-support/openclaw.json';

function listenersOf(plan: Plan, name = 'support') {
  const found = plan.profiles.find((profile) => profile.name === name)?.listeners ?? [];
  return found.map(({ name, host, port, paths, health }) => [name, `${host}:${port}`, paths, health.path]);
}

test('the preset derives command, environment, listener and health from openclaw.json', async (t) => {
  const plan = await planOf(t, ONE, { [CONFIG]: openClawJson("hooks: { enabled: true, token: 'hush' },") });
  const { argv, cwd, env } = launchOf(plan, 'support');
  assert.deepEqual(argv, ['openclaw', '--profile', 'support', 'gateway', 'run', '--bind', 'loopback']);
  assert.equal(cwd, join(plan.at, 'home', '.openclaw-support'));
  assert.deepEqual(env, {
    PATH: join(plan.at, 'bin'),
    HOME: join(plan.at, 'home'),
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_SUPERVISOR_MODE: 'external',
    NO_COLOR: '1',
  });
  assert.deepEqual(listenersOf(plan), [['gateway', '127.0.0.1:18789', ['/hooks'], '/startupz']]);
  const [support] = plan.profiles;
  assert.equal(support?.listeners[0]?.portEnv, 'OPENCLAW_GATEWAY_PORT');
  assert.deepEqual(support.listeners[0].liveness, { kind: 'health', after: 180_000 });
  assert.equal(support.startTimeout, 300_000);
  assert.deepEqual(support.stop, { drain: 15_000, signal: 'SIGTERM', grace: 330_000 });
  assert.deepEqual(plan.lines, []);
});

test('a gateway without webhooks is probed and never public', async (t) => {
  const config = openClawJson("channels: { telegram: { botToken: 'hush' }, slack: { appToken: 'x' } },");
  const plan = await planOf(t, ONE, { [CONFIG]: config });
  assert.deepEqual(listenersOf(plan), [['gateway', '127.0.0.1:18789', [], '/startupz']]);
  assert.deepEqual(plan.lines, []);
});

test("OpenClaw's default profile, another name, another home and a folder of its own are found", async (t) => {
  const config = `profiles:
  main: { preset: { openclaw: { profile: default } } }
  ops: { preset: { openclaw: { profile: My_Ops } } }
  far: { preset: openclaw, env: { OPENCLAW_HOME: ~/elsewhere } }
  srv: { preset: openclaw, env: { OPENCLAW_STATE_DIR: ~/srv } }
`;
  const plan = await planOf(t, config, {
    'home/.openclaw/openclaw.json': openClawJson(),
    'home/.openclaw-My_Ops/openclaw.json': openClawJson('', 18909),
    'home/elsewhere/.openclaw-far/openclaw.json': openClawJson('', 19029),
    'home/srv/openclaw.json': openClawJson('', 19149),
  });
  const run = ['gateway', 'run', '--bind', 'loopback'];
  assert.deepEqual(launchOf(plan, 'main').argv, ['openclaw', ...run]);
  assert.deepEqual(launchOf(plan, 'ops').argv, ['openclaw', '--profile', 'My_Ops', ...run]);
  assert.deepEqual(launchOf(plan, 'far').argv, ['openclaw', '--profile', 'far', ...run]);
  assert.deepEqual(launchOf(plan, 'srv').argv, ['openclaw', ...run]);
  assert.equal(launchOf(plan, 'srv').cwd, join(plan.at, 'home', 'srv'));
  assert.equal(launchOf(plan, 'srv').env['OPENCLAW_STATE_DIR'], join(plan.at, 'home', 'srv'));
  assert.deepEqual(
    plan.profiles.map(({ listeners }) => listeners[0]?.port),
    [18789, 18909, 19029, 19149],
  );
});

const PORTS: readonly (readonly [name: string, config: string, env: string, own: string, port: number])[] = [
  ['the usual one', "{ gateway: { mode: 'local' } }", '', '{}', 18789],
  ["the config's", openClawJson('', 18801), '', '{}', 18801],
  ['that of .env, over it', openClawJson('', 18801), 'OPENCLAW_GATEWAY_PORT=18802\n', '{}', 18802],
  [
    "the profile's, over both",
    openClawJson('', 18801),
    'OPENCLAW_GATEWAY_PORT=18802\n',
    '{ OPENCLAW_GATEWAY_PORT: 18803 }',
    18803,
  ],
  [
    'one in a variable',
    `{ gateway: { mode: 'local', port: '\${MY_PORT}' }, env: { vars: { MY_PORT: '18804' } } }`,
    '',
    '{}',
    18804,
  ],
];

for (const [name, config, env, own, port] of PORTS) {
  test(`the port of the gateway: ${name}`, async (t) => {
    const gwproxy = `profiles:\n  support: { preset: openclaw, env: ${own} }\n`;
    const plan = await planOf(t, gwproxy, { [CONFIG]: config, 'home/.openclaw-support/.env': env });
    assert.equal(plan.profiles[0]?.listeners[0]?.port, port);
  });
}

test('gwproxy may choose the port, since it passes it on', async (t) => {
  const gwproxy = 'profiles:\n  support: { preset: openclaw, listeners: { gateway: { port: auto } } }\n';
  const plan = await planOf(t, gwproxy, { [CONFIG]: openClawJson() });
  const gateway = plan.profiles[0]?.listeners[0];
  assert.deepEqual([gateway?.port, gateway?.portEnv], ['auto', 'OPENCLAW_GATEWAY_PORT']);
});

const BINDS: readonly (readonly [bind: string, host: string])[] = [
  ["bind: 'loopback'", '127.0.0.1'],
  ["bind: 'auto'", '127.0.0.1'],
  ["bind: 'tailnet'", '127.0.0.1'],
  ["bind: 'lan'", '0.0.0.0'],
  ["bind: 'custom', customBindHost: '0.0.0.0'", '0.0.0.0'],
  ["bind: 'custom', customBindHost: '10.0.0.5'", '127.0.0.1'],
];

for (const [bind, host] of BINDS) {
  test(`where it listens with ${bind}`, async (t) => {
    const plan = await planOf(t, ONE, { [CONFIG]: `{ gateway: { mode: 'local', ${bind} } }` });
    assert.equal(plan.profiles[0]?.listeners[0]?.host, host);
    assert.deepEqual(launchOf(plan, 'support').argv.slice(-2), ['gateway', 'run']);
    assert.equal(
      plan.lines.some((line) => line.includes('can be reached from outside')),
      host === '0.0.0.0',
    );
  });
}

test('files that openclaw.json includes are read as OpenClaw reads them', async (t) => {
  const plan = await planOf(t, ONE, {
    [CONFIG]: `{
  $include: ['./base.json5', './more/hooks.json5'],
  gateway: { port: 18801 },
}`,
    'home/.openclaw-support/base.json5':
      "{ gateway: { mode: 'local', port: 1, trustedProxies: ['10.0.0.1'] }, hooks: { path: '/x' } }",
    'home/.openclaw-support/more/hooks.json5':
      "{ hooks: { $include: './own.json5' }, gateway: { trustedProxies: ['127.0.0.1'] } }",
    'home/.openclaw-support/more/own.json5': "{ enabled: true, path: '/own/' }",
  });
  assert.deepEqual(listenersOf(plan), [['gateway', '127.0.0.1:18801', ['/own'], '/startupz']]);
  assert.deepEqual(plan.lines, []);
});

test('the loaded files include every file that was read or looked for', async (t) => {
  const { at, loaded } = await load(t, ONE, {
    [CONFIG]: "{ gateway: { mode: 'local' }, channels: { $include: './channels.json5' } }",
    'home/.openclaw-support/channels.json5': '{}',
  });
  assert.deepEqual(
    loaded.files.map((file) => file.slice(at.length + 1)),
    ['gwproxy.yaml', CONFIG, 'home/.openclaw-support/channels.json5', 'home/.openclaw-support/.env'],
  );
});

test("the profile's own fields win over derived ones", async (t) => {
  const gwproxy = `profile_paths: true
profiles:
  support:
    preset: openclaw
    command: [openclaw, mine]
    start_timeout: 3s
    stop: { grace: 1s }
    env: { NO_COLOR: '' }
    listeners: { gateway: { paths: [/hooks/agent], health: /readyz } }
    routes: [{ path: /mine }]
`;
  const plan = await planOf(t, gwproxy, { [CONFIG]: openClawJson('hooks: { enabled: true },') });
  const { argv, env } = launchOf(plan, 'support');
  assert.deepEqual([argv, env['NO_COLOR'], env['OPENCLAW_NO_RESPAWN']], [['openclaw', 'mine'], '', '1']);
  assert.deepEqual(listenersOf(plan), [['gateway', '127.0.0.1:18789', ['/hooks/agent'], '/readyz']]);
  assert.equal(plan.profiles[0]?.startTimeout, 3000);
  assert.ok(plan.routes.some(({ path }) => path === '/mine'));
});
