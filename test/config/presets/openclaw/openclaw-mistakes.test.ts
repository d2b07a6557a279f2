import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Written } from '../../folder.ts';
import { load, openClawJson } from './openclaw-profiles.ts';

const ONE = 'profile_paths: true\nprofiles:\n  support: { preset: openclaw }\n';
const CONFIG = 'home/.openclaw-support/openclaw.json';

const MISTAKES: readonly (readonly [
  name: string,
  gwproxy: string,
  files: Written,
  problems: readonly string[],
])[] = [
  [
    'no such OpenClaw profile',
    ONE,
    {},
    [
      'gwproxy.yaml:3:22: there is no OpenClaw profile in home/.openclaw-support; ' +
        'make it with `openclaw --profile support setup`',
    ],
  ],
  [
    'a name that leads out of the home folder',
    'profiles:\n  support: { preset: { openclaw: { profile: ../x } } }\n',
    {},
    [
      "gwproxy.yaml:2:22: an OpenClaw profile's name may hold letters, digits, '-' and '_', at most 64 characters",
    ],
  ],
  [
    'a state folder that depends on the working folder',
    'profiles:\n  support: { preset: openclaw, env: { OPENCLAW_STATE_DIR: state } }\n',
    {},
    ['gwproxy.yaml:2:22: OPENCLAW_STATE_DIR must be an absolute path, or begin with ~/'],
  ],
  [
    'broken JSON5',
    ONE,
    { [CONFIG]: "{\n  gateway: { mode: 'local' \n" },
    [`${CONFIG}:3:1: not JSON5: invalid end of input`],
  ],
  [
    'a list',
    ONE,
    { [CONFIG]: '[]' },
    [`${CONFIG}:1:1: must be an object, as in { gateway: { mode: "local" } }`],
  ],
  [
    'an include that is missing',
    ONE,
    { [CONFIG]: "{\n  channels: { $include: './channels.json5' } }" },
    [`${CONFIG}:2:25: home/.openclaw-support/channels.json5 cannot be read: no such file`],
  ],
  [
    'an include without an end, which the bot itself may have written',
    ONE,
    { [CONFIG]: "{\n  channels: { $include: '/dev/zero' } }" },
    [`${CONFIG}:2:25: /dev/zero cannot be read: it is longer than 5120 KiB`],
  ],
  [
    'more includes than OpenClaw would take, reported once',
    ONE,
    {
      [CONFIG]: "{ $include: ['./a.json', './a.json', './a.json'] }",
      'home/.openclaw-support/a.json': `{ y: { $include: [${"'./b.json',".repeat(60_000)}] } }`,
      'home/.openclaw-support/b.json': '{}',
    },
    [`home/.openclaw-support/a.json:1:2197: $include goes more than 10 files deep, or in a circle`],
  ],
  [
    'a port that a variable holds, which may be a secret',
    ONE,
    {
      [CONFIG]: `{ gateway: { mode: 'local' }, channels: { telegram: { botToken: 'x', webhookUrl: 'https://b.example/t', webhookSecret: 'inventedsecret', webhookPort: '\${MY_SECRET}' } } }`,
      'home/.openclaw-support/.env': 'MY_SECRET=hunter2verysecretvalue\n',
    },
    [`${CONFIG}:1:151: telegram: webhookPort must be a port from 1 to 65535`],
  ],
  [
    'includes in a circle',
    ONE,
    { [CONFIG]: "{ $include: './openclaw.json' }" },
    [`${CONFIG}:1:13: $include goes more than 10 files deep, or in a circle`],
  ],
  [
    'an include that is no file',
    ONE,
    { [CONFIG]: '{ $include: { file: 1 } }' },
    [`${CONFIG}:1:13: $include takes a file, or a list of files`],
  ],
  [
    'a gateway that is not local',
    ONE,
    { [CONFIG]: "{\n  gateway: { mode: 'remote' } }" },
    [
      `${CONFIG}:2:14: OpenClaw ends with exit code 78 unless gateway.mode is local; ` +
        'run `openclaw --profile support config set gateway.mode local`',
    ],
  ],
  [
    'a gateway that speaks TLS',
    ONE,
    { [CONFIG]: "{ gateway: { mode: 'local', tls: { enabled: true } } }" },
    [
      `${CONFIG}:1:36: gwproxy speaks plain HTTP to its gateways, and gateway.tls is on; ` +
        'run `openclaw --profile support config set gateway.tls.enabled false`',
    ],
  ],
  [
    'an invalid port',
    ONE,
    { [CONFIG]: "{ gateway: { mode: 'local', port: 70000 } }" },
    [`${CONFIG}:1:35: gateway: gateway.port must be a port from 1 to 65535, not '70000'`],
  ],
  [
    'an invalid port of a channel',
    ONE,
    {
      [CONFIG]: openClawJson(
        "channels: { telegram: { webhookUrl: 'https://bots.example.com/t', webhookPort: 'x' } },",
      ),
    },
    [`${CONFIG}:3:82: telegram: webhookPort must be a port from 1 to 65535, not 'x'`],
  ],
  [
    'a path that would make the control UI public',
    ONE,
    { [CONFIG]: openClawJson("channels: { line: { webhookPath: '/' } },") },
    [`${CONFIG}:3:36: line: its webhook path must not be '/', which would make all of it public`],
  ],
  [
    'a path with dot segments',
    ONE,
    { [CONFIG]: openClawJson("hooks: { enabled: true, path: '/hooks/../x' },") },
    [`${CONFIG}:3:33: hooks: its webhook path must not hold '.' or '..' segments`],
  ],
  [
    'two profiles on the usual port, each at its line',
    `${ONE}  ops: { preset: openclaw }\n`,
    { [CONFIG]: openClawJson(), 'home/.openclaw-ops/openclaw.json': openClawJson() },
    [
      'home/.openclaw-ops/openclaw.json:2:35: port 18789 is already taken by ' +
        `listener 'gateway' of profile 'support' at ${CONFIG}:2; choose another`,
    ],
  ],
  [
    "Teams on gwproxy's own port",
    ONE,
    { [CONFIG]: openClawJson("channels: { msteams: { appId: '00000000-0000-0000-0000-00000000000a' } },") },
    [`${CONFIG}:3:24: port 3978 is gwproxy's own public port (listen); choose another, or leave it out`],
  ],
];

for (const [name, gwproxy, files, problems] of MISTAKES) {
  test(name, async (t) => {
    const { loaded, lines } = await load(t, gwproxy, files);
    assert.equal(loaded.ok, false);
    assert.deepEqual(lines, problems);
  });
}
