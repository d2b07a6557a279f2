// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { diffPlans, linesOf } from '../../src/config/change/diff.ts';
import { ENV, load, planOf, type Written } from './folder.ts';
import { TOKEN_KEY } from './good.ts';

const APP = '00000000-0000-0000-0000-00000000000a';
const JWKS = JSON.stringify({ keys: [TOKEN_KEY] });

function config(routes: string, verify: string, more = ''): string {
  return `public_url: https://bots.example.com\nprofiles:\n  a:\n    command: node\n    routes: [${routes}]\n    verify: ${verify}\n${more}`;
}

const SLACK = '{slack: {team: T1}}';
const TEAMS = `{bot_framework: {app: ${APP}}}`;

type Mistake = readonly [name: string, config: string, problems: readonly string[], others?: Written];

const MISTAKES: readonly Mistake[] = [
  [
    'an unknown sender',
    config(SLACK, '{slak: {signing_secret: s3cret}}'),
    ["gwproxy.yaml:6:14: unknown key 'slak'; did you mean 'slack'?"],
  ],
  [
    'an unknown key of a sender',
    config(SLACK, '{slack: {secret: s3cret}}'),
    [
      "gwproxy.yaml:6:22: unknown key 'secret'; did you mean 'signing_secret'?",
      "gwproxy.yaml:6:21: verify.slack needs 'signing_secret': text or a list of texts",
    ].sort(),
  ],
  [
    'a secret in place of a map',
    config(SLACK, '{slack: s3cret}'),
    ['gwproxy.yaml:6:21: verify.slack must be a map, not a text'],
  ],
  [
    'a secret in place of verify',
    config(SLACK, 's3cret'),
    ['gwproxy.yaml:6:13: verify must be a map of senders and what to verify them by, not a text'],
  ],
  [
    'an empty secret',
    config(SLACK, '{slack: {signing_secret: ""}}'),
    ['gwproxy.yaml:6:38: verify.slack.signing_secret must be text or a list of texts, not an empty text'],
  ],
  [
    'a secret that is not set',
    config(SLACK, '{slack: {signing_secret: "${SIGNING}"}}'),
    [
      "gwproxy.yaml:6:38: ${SIGNING} is not set in gwproxy's environment; set it, or write ${SIGNING:-default}",
    ],
  ],
  [
    'a sender without a route of its own',
    config(SLACK, '{github: {secret: s3cret}}'),
    [
      "gwproxy.yaml:6:14: verify.github verifies nothing: profile 'a' has no route of github; write one, or remove the entry",
    ],
  ],
  [
    'Meta’s secret without a route of any of its products',
    config(SLACK, '{meta: {app_secret: s3cret}}'),
    [
      "gwproxy.yaml:6:14: verify.meta verifies nothing: profile 'a' has no route of whatsapp, messenger or instagram; write one, or remove the entry",
    ],
  ],
  [
    'Bot Framework without a route of its own',
    config(SLACK, '{bot_framework: true}'),
    [
      "gwproxy.yaml:6:14: verify.bot_framework verifies nothing: profile 'a' has no route of bot_framework; write one, or remove the entry",
    ],
  ],
  [
    'Bot Framework by a path alone, without an app',
    config('{path: /bot}', '{bot_framework: true}'),
    [
      'gwproxy.yaml:6:14: verify.bot_framework needs apps: [GUID], the apps that tokens are for, since no bot_framework route here names one',
    ],
  ],
  [
    'another word than allow',
    config('{path: /bot, unverified: true}', '{slack: {signing_secret: s3cret}}'),
    ['gwproxy.yaml:5:39: unverified must be allow, not true'],
  ],
  [
    'agents whose tokens are for an app that no route names',
    config(`${TEAMS}, {bot_framework: {agentic_app: ${APP}}}`, '{bot_framework: true}'),
    [
      'gwproxy.yaml:6:14: verify.bot_framework needs apps: [GUID], the apps that tokens are for, since a bot_framework route here names no app',
    ],
  ],
  [
    'false for Bot Framework',
    config(TEAMS, '{bot_framework: false}'),
    ['gwproxy.yaml:6:29: verify.bot_framework must be true, or a map, not false'],
  ],
  [
    'an app that is not a GUID',
    config(TEAMS, '{bot_framework: {apps: [s3cret]}}'),
    ['gwproxy.yaml:6:36: verify.bot_framework.apps must be GUIDs'],
  ],
  [
    'a key file and a key URL',
    config(TEAMS, '{bot_framework: {keys_file: keys.json, keys_url: https://a.example/keys}}'),
    ['gwproxy.yaml:6:29: verify.bot_framework has both keys_file and keys_url; write one of them'],
    { 'keys.json': JWKS },
  ],
  [
    'keys over plain HTTP',
    config(TEAMS, '{bot_framework: {keys_url: http://a.example/keys}}'),
    ['gwproxy.yaml:6:40: verify.bot_framework.keys_url must be an https:// URL'],
  ],
  [
    'a key file that is missing',
    config(TEAMS, '{bot_framework: {keys_file: keys.json}}'),
    ['gwproxy.yaml:6:41: cannot read keys.json: no such file'],
  ],
  [
    'a key file that is not JSON',
    config(TEAMS, '{bot_framework: {keys_file: keys.json}}'),
    ['gwproxy.yaml:6:41: keys.json is not a JWK Set: a JSON object with a list of keys'],
    { 'keys.json': '{"keys": [' },
  ],
  [
    'a key file without a key for RS256',
    config(TEAMS, '{bot_framework: {keys_file: keys.json}}'),
    ['gwproxy.yaml:6:41: keys.json holds no RSA key for signatures with RS256, of 2048 bits or more'],
    {
      'keys.json': JSON.stringify({
        keys: [
          generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
          generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
          { ...TOKEN_KEY, use: 'enc' },
          { kty: 'RSA', n: '%%', e: '' },
        ],
      }),
    },
  ],
  [
    'a Telegram token that Telegram would refuse',
    config('{telegram: {secret_token: x}}', '{telegram: {secret_token: [good, "not good"]}}'),
    ["gwproxy.yaml:6:39: verify.telegram.secret_token must be 1 to 256 of A-Z, a-z, 0-9, '_' and '-'"],
  ],
  [
    'a Discord key that is another secret',
    config('{discord: {application: 1}}', '{discord: {public_key: s3cret}}'),
    ['gwproxy.yaml:6:36: verify.discord.public_key must be 64 hex digits, as in the developer portal'],
  ],
  [
    'Twilio without a secret',
    config('{twilio: {account: AC1}}', '{twilio: {}}'),
    ['gwproxy.yaml:6:22: verify.twilio must name auth_token or shared_key'],
  ],
  [
    "Twilio's algorithm without the key that it is for",
    config('{twilio: {account: AC1}}', '{twilio: {auth_token: s3cret, algorithm: HMAC_SHA256}}'),
    ["gwproxy.yaml:6:22: verify.twilio has 'algorithm' but no 'shared_key'; the auth token's is HMAC_SHA1"],
  ],
  [
    'Twilio without a public_url',
    config('{twilio: {account: AC1}}', '{twilio: {auth_token: s3cret}}').replace(/^public_url.*$/m, '#'),
    ['gwproxy.yaml:6:14: verify.twilio needs public_url, since Twilio signs the URL that it calls'],
  ],
  [
    'an unknown delivery',
    config(SLACK, '{}', '    delivery: spooled\n'),
    ["gwproxy.yaml:7:15: delivery must be spool or direct, not 'spooled'; did you mean 'spool'?"],
  ],
];

for (const [name, text, problems, others = {}] of MISTAKES) {
  test(`refused: ${name}`, async (t) => {
    const { loaded, lines } = await load(t, { 'gwproxy.yaml': text, ...others });
    assert.deepEqual([...lines].sort(), [...problems].sort());
    assert.equal(loaded.ok, false);
    assert.doesNotMatch(lines.join('\n'), /s3cret/, 'no value is shown');
  });
}

const only = async (...given: Parameters<typeof planOf>) => (await planOf(...given)).profiles[0];

test('apps default to those of the routes, by app or recipient, in lower case and without repeats', async (t) => {
  const other = APP.replace('a', 'B');
  const routes = `{bot_framework: {app: [${APP.toUpperCase()}, "28:${APP}"]}}, {bot_framework: {recipient: "28:${other}"}}`;
  const profile = await only(t, { 'gwproxy.yaml': config(routes, '{bot_framework: true}') });
  assert.deepEqual(profile?.verify?.botFramework, {
    apps: [APP, other.toLowerCase()],
    issuers: null,
    tenants: null,
    serviceUrls: null,
    keys: { kind: 'metadata' },
  });
});

test('keys_url may be https, or http on this machine', async (t) => {
  for (const url of ['https://keys.example/jwks', 'http://127.0.0.1:8080/jwks', 'http://[::1]/jwks']) {
    const profile = await only(t, {
      'gwproxy.yaml': config(TEAMS, `{bot_framework: {keys_url: "${url}"}}`),
    });
    assert.deepEqual(profile?.verify?.botFramework?.keys, { kind: 'url', url });
  }
});

test('secrets come from the env_file first, and digits are text', async (t) => {
  const text = config(SLACK, '{slack: {signing_secret: ["${SIGNING}", 0123]}}', '    env_file: a.env\n');
  const profile = await only(
    t,
    { 'gwproxy.yaml': text, 'a.env': 'SIGNING=of the file\n' },
    { ...ENV, SIGNING: 'of the environment' },
  );
  assert.deepEqual(profile?.verify?.slack, ['of the file', '0123']);
});

test('a key file is relative to the file that names it, and ~ is the home', async (t) => {
  const included = {
    'gwproxy.yaml': 'include: more/*.yaml\n',
    'more/b.yaml': `command: node\nroutes: [${TEAMS}]\nverify: {bot_framework: {keys_file: keys.json}}\n`,
    'more/keys.json': JWKS,
  };
  const { loaded, at } = await load(t, included);
  assert.ok(loaded.ok && loaded.files.includes(`${at}/more/keys.json`));
  const home = await load(t, { 'gwproxy.yaml': config(TEAMS, '{bot_framework: {keys_file: ~/keys.json}}') });
  assert.match(home.lines.join(), /cannot read \/home\/ada\/keys\.json: no such file/);
});

test('defaults apply to verify and delivery, and a profile’s own verify replaces all of the default', async (t) => {
  const text = `defaults: {verify: {slack: {signing_secret: common}}, delivery: direct}
profiles:
  a: {command: node, routes: [{slack: {team: T1}}]}
  b: {command: node, routes: [{github: {hook: 1}}], verify: {github: {secret: own}}, delivery: spool}
`;
  const [a, b] = (await planOf(t, { 'gwproxy.yaml': text })).profiles;
  assert.deepEqual([a?.verify?.slack, a?.delivery], [['common'], 'direct']);
  assert.deepEqual([b?.verify?.slack, b?.verify?.github, b?.delivery], [null, ['own'], 'spool']);
});

test('a changed rule restarts nothing and is reported without its value', async (t) => {
  const before = await planOf(t, { 'gwproxy.yaml': config(SLACK, '{slack: {signing_secret: s3cret}}') });
  const after = await planOf(t, {
    'gwproxy.yaml': config(SLACK, '{slack: {signing_secret: n3w}}', '    delivery: direct\n').replace(
      /\n {4}command/,
      '\n    cwd: /\n    command',
    ),
  });
  const alone = {
    ...after,
    profiles: after.profiles.map((one) => ({ ...one, launch: before.profiles[0]?.launch ?? one.launch })),
  };
  assert.deepEqual(linesOf(diffPlans(before, alone)), ['a: changed (verify, delivery)']);
  assert.deepEqual(linesOf(diffPlans(before, after)), ['a: restarts (cwd, verify, delivery)']);
});
