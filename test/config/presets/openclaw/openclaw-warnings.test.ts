import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, openClawJson, planOf } from './openclaw-profiles.ts';

const PATHS = 'profile_paths: true\n';
const ONE = 'profiles:\n  support: { preset: openclaw }\n';
const CONFIG = 'home/.openclaw-support/openclaw.json';
const SLACK = "channels: { slack: { mode: 'http', botToken: 'b', signingSecret: 'invented' } },";
const TELEGRAM =
  "channels: { telegram: { webhookUrl: 'https://bots.example.com/t', webhookSecret: 'invented-secret' } },";

function gateway(trusted: string, more: string): string {
  return `{\n  gateway: { mode: 'local'${trusted} },\n  ${more}\n}`;
}

const RUN =
  'run `openclaw --profile support config set gateway.trustedProxies \'["127.0.0.1"]\' --strict-json`';
const UNTRUSTED = "as long as gateway.trustedProxies does not name gwproxy's address";

test('hooks that would be answered with 403 are warned of, with the command that mends it', async (t) => {
  const files = { [CONFIG]: gateway('', 'hooks: { enabled: true },') };
  const { lines } = await planOf(t, PATHS + ONE, files);
  assert.deepEqual(lines, [
    `${CONFIG}:2:3: OpenClaw answers 403 (proxy_attribution_required) to every request for /hooks ${UNTRUSTED}; ${RUN}`,
  ]);
});

test('senders that would count as one client are warned of', async (t) => {
  const { lines } = await planOf(t, PATHS + ONE, {
    [CONFIG]: gateway(", trustedProxies: ['10.0.0.1']", SLACK),
  });
  assert.deepEqual(lines, [`${CONFIG}:2:29: OpenClaw counts all senders as one client ${UNTRUSTED}; ${RUN}`]);
});

test('a gateway whose paths are all on ports of their own needs no trusted proxy', async (t) => {
  const { lines } = await planOf(t, ONE, { [CONFIG]: gateway('', TELEGRAM) });
  assert.deepEqual(lines, []);
});

const TRUSTED: readonly (readonly [entry: string, covers: boolean])[] = [
  ['127.0.0.1', true],
  ['127.0.0.1/32', true],
  ['127.0.0.0/8', true],
  ['0.0.0.0/0', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:127.0.0.0/104', true],
  ['10.0.0.0/8', false],
  ['127.0.0.2', false],
  ['127.0.0.1/x', false],
  ['127.0.0.1/99', false],
  ['::1', false],
  ['localhost', false],
];

for (const [entry, covers] of TRUSTED) {
  test(`trustedProxies with '${entry}' ${covers ? 'names' : 'does not name'} gwproxy`, async (t) => {
    const config = gateway(`, trustedProxies: ['${entry}']`, 'hooks: { enabled: true },');
    const { lines } = await planOf(t, PATHS + ONE, { [CONFIG]: config });
    assert.equal(lines.length, covers ? 0 : 1);
  });
}

test('a sender whose id is not in openclaw.json is warned of, with the route to write', async (t) => {
  const { lines, routes } = await planOf(t, ONE, { [CONFIG]: openClawJson(SLACK) });
  assert.deepEqual(lines, [
    "gwproxy.yaml:2:3: no request reaches profile 'support': it has no routes, and profile_paths is off; write routes, or listeners: none if it has no port",
    `${CONFIG}:3:22: slack: openclaw.json does not say by which id its requests are told apart; ` +
      'write a route such as slack: { team: T… }, or profile_paths: true, for the URL /p/support/slack/events',
  ]);
  assert.deepEqual(routes, []);
});

test('a route of the profile, and the secret of its config, make Slack verified at one URL for all', async (t) => {
  const gwproxy = 'profiles:\n  support: { preset: openclaw, routes: [{ slack: { team: T0123456789 } }] }\n';
  const { lines, profiles } = await planOf(t, gwproxy, { [CONFIG]: openClawJson(SLACK) });
  assert.deepEqual(lines, []);
  assert.ok(profiles[0]?.verify?.slack);
});

test('Telegram is routed and verified by the secret in openclaw.json', async (t) => {
  const { lines, routes, profiles } = await planOf(t, ONE, { [CONFIG]: openClawJson(TELEGRAM) });
  assert.deepEqual(lines, []);
  assert.deepEqual(
    routes.map(({ key }) => key),
    [{ platform: 'telegram', fields: { secret_token: ['invented-secret'] } }],
  );
  assert.ok(profiles[0]?.verify?.telegram);
});

test("no message holds a secret of openclaw.json, nor does its place's excerpt", async (t) => {
  const bad = TELEGRAM.replace('invented-secret', 'not allowed: invented');
  const { loaded } = await load(t, ONE, { [CONFIG]: openClawJson(bad) });
  assert.ok(!loaded.ok);
  assert.doesNotMatch(JSON.stringify(loaded.problems), /invented/);
});

test('gateways whose browsers would share ports are warned of, unless gwproxy chooses the port', async (t) => {
  const files = {
    [CONFIG]: openClawJson('', 18789),
    'home/.openclaw-ops/openclaw.json': openClawJson('', 18899),
  };
  const near = await planOf(t, `${ONE}  ops: { preset: openclaw }\n`, files);
  assert.deepEqual(near.lines, [
    'home/.openclaw-ops/openclaw.json:2:35: a port from 18899 to 19009, which the gateway and its browsers use, is also ' +
      `that of profile 'support' at ${CONFIG}:2: keep them 120 apart, with \`openclaw --profile ops config set gateway.port PORT\``,
  ]);
  for (const port of ['auto', '18909']) {
    const gwproxy = `${ONE}  ops: { preset: openclaw, listeners: { gateway: { port: ${port} } } }\n`;
    assert.deepEqual((await planOf(t, gwproxy, files)).lines, []);
  }
});

test('two profiles of one state folder are warned of', async (t) => {
  const gwproxy = `${ONE}  again: { preset: { openclaw: { profile: support } }, listeners: { gateway: { port: auto } } }\n`;
  const { lines } = await planOf(t, gwproxy, { [CONFIG]: openClawJson() });
  assert.deepEqual(lines, [
    "gwproxy.yaml:3:20: the state folder home/.openclaw-support is also that of profile 'support' at gwproxy.yaml:2: " +
      'only one gateway can own it, and the second ends with exit code 78; name another profile',
  ]);
});

const HIDDEN: readonly (readonly [sender: string, accounts: string, column: number])[] = [
  [
    'slack',
    `slack: { mode: 'http', accounts: {
  a: { signingSecret: 'invented-a', webhookPath: '/slack/a' },
  b: { webhookPath: '/slack/b', signingSecret: { source: 'file', id: '/x' } } } }`,
    21,
  ],
  [
    'line',
    `line: { accounts: {
  a: { channelSecret: 'invented-a', webhookPath: '/line/a' },
  b: { webhookPath: '/line/b', secretFile: '/x' } } }`,
    21,
  ],
  [
    'telegram',
    `telegram: { accounts: {
  a: { webhookUrl: 'https://bots.example.com/a', webhookSecret: 'invented-a', webhookPath: '/a' },
  b: { webhookPath: '/b', webhookUrl: 'https://bots.example.com/b', webhookPort: 8788, webhookSecret: { source: 'file', id: '/x' } } } }`,
    21,
  ],
];

for (const [sender, accounts, column] of HIDDEN) {
  test(`one secret of ${sender} that only OpenClaw can read leaves all of ${sender} to OpenClaw`, async (t) => {
    const config = openClawJson(`hooks: { enabled: true }, channels: { ${accounts} },`);
    const { profiles, lines } = await planOf(t, PATHS + ONE, { [CONFIG]: config });
    assert.equal(profiles[0]?.verify, null);
    assert.deepEqual(lines, [
      `${CONFIG}:5:${column}: ${sender}: this account's secret cannot be read here, and one rule is for all of a profile's ` +
        `requests from ${sender}: they pass unverified, and OpenClaw verifies them; for gwproxy to verify them too, ` +
        'write each secret there as text or from a variable, or write verify',
    ]);
  });
}
