import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP, FULL, filesOf, load, OTHER_APP, type Profile, STANDALONE, WEBHOOK } from './hermes-home.ts';

const ONE = 'profile_paths: true\nprofiles:\n  inbox: { preset: hermes }\n';
const CONFIG = 'home/.hermes/profiles/inbox/config.yaml';

type Mistake = readonly [
  name: string,
  gwproxy: string,
  profiles: Readonly<Record<string, Profile>>,
  problems: readonly string[],
];

const MISTAKES: readonly Mistake[] = [
  [
    'no such Hermes profile',
    ONE,
    {},
    [
      'gwproxy.yaml:3:20: there is no Hermes profile in home/.hermes/profiles/inbox; ' +
        'make it with `hermes profile create inbox`',
    ],
  ],
  [
    'no such Hermes home',
    'profiles:\n  inbox: { preset: { hermes: { profile: default } }, env: { HERMES_HOME: ~/hermes/inbox } }\n',
    {},
    ['gwproxy.yaml:2:20: there is no Hermes home in home/hermes/inbox; write HERMES_HOME as it is'],
  ],
  [
    'a Hermes profile of nearly that name',
    ONE,
    { 'in-box': { config: WEBHOOK } },
    ["gwproxy.yaml:3:20: there is no Hermes profile in home/.hermes/profiles/inbox; did you mean 'in-box'?"],
  ],
  [
    'a name that leads out of the root',
    'profiles:\n  inbox: { preset: { hermes: { profile: ../inbox } } }\n',
    { inbox: { config: WEBHOOK } },
    ["gwproxy.yaml:2:20: a Hermes profile's name may hold a-z, 0-9, '-' and '_', at most 64 characters"],
  ],
  [
    'a HERMES_HOME that depends on the folder',
    'profiles:\n  inbox: { preset: hermes, env: { HERMES_HOME: .hermes } }\n',
    { inbox: { config: WEBHOOK } },
    ['gwproxy.yaml:2:48: HERMES_HOME must be an absolute path, or begin with ~/'],
  ],
  [
    'broken YAML',
    ONE,
    { inbox: { config: 'platforms:\n\twebhook: {}\n' } },
    [`${CONFIG}:2:1: this line is indented with a tab; use spaces`],
  ],
  [
    'a config.yaml that is a list',
    ONE,
    { inbox: { config: '- webhook\n' } },
    [`${CONFIG}:1:1: must be a map of keys and values`],
  ],
  [
    'an invalid port',
    ONE,
    { inbox: { config: WEBHOOK.replace('18641', 'http') } },
    [`${CONFIG}:4:37: webhook: port must be a port from 1 to 65535, not 'http'`],
  ],
  [
    'port 0, which lets the system choose',
    ONE,
    { inbox: { config: WEBHOOK.replace('18641', '0') } },
    [`${CONFIG}:4:37: webhook: port must be a port from 1 to 65535, not '0'`],
  ],
  [
    'an invalid port in .env, whose value is not shown',
    ONE,
    { inbox: { config: WEBHOOK, env: '# ports\nWEBHOOK_ENABLED=1\nWEBHOOK_PORT=hush\n' } },
    ['home/.hermes/profiles/inbox/.env:3:1: webhook: WEBHOOK_PORT must be a port from 1 to 65535'],
  ],
  [
    'two profiles on one port, each at its line',
    `${ONE}  other: { preset: hermes }\n`,
    { inbox: { config: WEBHOOK }, other: { config: `# other\n${WEBHOOK}` } },
    [
      'home/.hermes/profiles/other/config.yaml:5:37: port 18641 is already taken by ' +
        `listener 'webhook' of profile 'inbox' at ${CONFIG}:4; choose another`,
    ],
  ],
  [
    'two platforms of one profile on one port',
    ONE,
    { inbox: { config: FULL.replace('18661', '18641') } },
    [
      `${CONFIG}:10:37: port 18641 is already taken by listener 'webhook' of profile 'inbox' at ${CONFIG}:7; choose another`,
    ],
  ],
  [
    "gwproxy's own port, where none is written",
    ONE,
    { inbox: { config: `platforms:\n  agent365: { enabled: true, extra: { app_id: ${APP} } }\n` } },
    [`${CONFIG}:2:3: port 3978 is gwproxy's own public port (listen); choose another, or leave it out`],
  ],
  [
    'two profiles of one app',
    `${ONE}  other: { preset: hermes }\n`,
    {
      inbox: {
        config: `platforms: { agent365: { enabled: true, extra: { port: 18681, app_id: ${APP} } } }\n`,
      },
      other: {
        config: `platforms: { agent365: { enabled: true, extra: { port: 18682, app_id: ${APP} } } }\n`,
      },
    },
    [
      'home/.hermes/profiles/other/config.yaml:1:71: this bot_framework route (app) is already claimed by ' +
        `profile 'inbox' at ${CONFIG}:1; make one more specific, or remove it`,
    ],
  ],
  [
    'Teams without an app',
    ONE,
    { inbox: { config: 'platforms:\n  teams: { enabled: true, extra: { port: 18671 } }\n' } },
    [`${CONFIG}:2:3: teams is on without client_id: no activity can be routed to it`],
  ],
  [
    'a route for a profile that opens no port',
    'profiles:\n  inbox: { preset: hermes, routes: [{ path: /inbox }] }\n',
    { inbox: { config: 'telegram: { enabled: true }\n' } },
    [
      "gwproxy.yaml:2:28: 'routes' cannot be used with listeners: none, since no request reaches a bot without a port; remove one of them",
    ],
  ],
  [
    'an unknown preset',
    'profiles:\n  inbox: { preset: hermez }\n',
    {},
    ["gwproxy.yaml:2:20: preset must be hermes or openclaw, or a map with it and its options, not 'hermez'"],
  ],
  [
    'an unknown option',
    'profiles:\n  inbox: { preset: { hermes: { profil: x } } }\n',
    {},
    ["gwproxy.yaml:2:32: unknown key 'profil'; did you mean 'profile'?"],
  ],
  [
    'an empty map for a preset',
    'profiles:\n  inbox: { preset: {} }\n',
    {},
    ['gwproxy.yaml:2:20: preset must name one of hermes or openclaw'],
  ],
  [
    'a preset beside a url',
    'profiles:\n  inbox: { preset: hermes, url: "http://127.0.0.1:18681" }\n',
    {},
    [
      "gwproxy.yaml:2:12: 'preset' cannot be used with 'url', since gwproxy does not run that gateway; remove it",
    ],
  ],
];

for (const [name, gwproxy, profiles, problems] of MISTAKES) {
  test(name, async (t) => {
    const { loaded, lines } = await load(t, gwproxy, { ...filesOf(profiles), 'home/README': '\n' });
    assert.equal(loaded.ok, false);
    assert.deepEqual(lines, problems);
  });
}

test("a line of .env that is not understood is a warning, as it is Hermes' to judge", async (t) => {
  const env = 'not a line\nTOKEN=hush\n';
  const { loaded, lines } = await load(t, ONE, filesOf({ inbox: { config: WEBHOOK + STANDALONE, env } }));
  assert.ok(loaded.ok);
  assert.deepEqual(lines, [
    'home/.hermes/profiles/inbox/.env:1:1: this line cannot be read, and Hermes skips it: must be KEY=VALUE, a comment or blank',
  ]);
});

test('a named profile without gateway.standalone is warned of, with the command that sets it', async (t) => {
  const config = 'profile_paths: true\nprofiles:\n  inbox: { preset: hermes }\n  other: { preset: hermes }\n';
  const command = (name: string, home = '') =>
    `\`${home}hermes -p ${name} config set gateway.standalone true\``;
  const message = (name: string, home?: string) =>
    `Hermes 0.22 ends with exit code 78 instead of running profile '${name}' on its own, unless gateway.standalone is true; ` +
    `run ${command(name, home)}, which 0.19 ignores`;
  const other = WEBHOOK.replace('18641', '18642');
  const off = `${other}gateway: { standalone: false }\n`;
  const shared = await load(t, config, filesOf({ inbox: { config: WEBHOOK }, other: { config: off } }));
  assert.ok(shared.loaded.ok);
  assert.deepEqual(shared.lines, [
    `${CONFIG}:1:1: ${message('inbox')}`,
    `home/.hermes/profiles/other/config.yaml:5:24: ${message('other')}`,
  ]);

  const on = filesOf({ inbox: { config: WEBHOOK + STANDALONE }, other: { config: other + STANDALONE } });
  assert.deepEqual((await load(t, config, on)).lines, []);

  const elsewhere = `${config}defaults: { env: { HERMES_HOME: ~/my bots } }\n`;
  const named = await load(t, elsewhere, {
    ...filesOf({ inbox: { config: WEBHOOK }, other: { config: other + STANDALONE } }, 'home/my bots'),
  });
  assert.deepEqual(named.lines, [
    `home/my bots/profiles/inbox/config.yaml:1:1: ${message('inbox', "HERMES_HOME='home/my bots' ")}`,
  ]);
});

test('the default profile of a root of its own needs no gateway.standalone', async (t) => {
  const config =
    'profile_paths: true\nprofiles:\n  inbox: { preset: { hermes: { profile: default } }, env: { HERMES_HOME: ~/hermes/inbox } }\n';
  const { loaded, lines } = await load(
    t,
    config,
    filesOf({ default: { config: WEBHOOK } }, 'home/hermes/inbox'),
  );
  assert.ok(loaded.ok);
  assert.deepEqual(lines, []);
});

test('Agent 365 without users that it may answer is warned of', async (t) => {
  const warned = `${CONFIG}:2:3: hermes-a365 0.9 has agent365 answer nobody until the profile's .env sets A365_ALLOWED_USERS (ids, comma-separated), or A365_ALLOW_ALL_USERS=true`;
  const gwproxy = `${ONE.trimEnd()}\ndefaults: { env: { A365_ALLOW_ALL_USERS: true } }\n`;
  for (const [config, env, expected] of [
    [ONE, undefined, [warned]],
    // The gateway's environment does not count.
    [gwproxy, 'A365_ALLOWED_USERS=\n', [warned]],
    [ONE, 'A365_ALLOWED_USERS=a,b\n', []],
    [ONE, 'A365_ALLOW_ALL_USERS=true\n', []],
  ] as const) {
    const profile = { config: FULL + STANDALONE, ...(env === undefined ? {} : { env }) };
    const { lines } = await load(t, config, filesOf({ inbox: profile }));
    assert.deepEqual(lines, expected);
  }
});

test("Agent 365's slug belongs to one profile, in whichever home", async (t) => {
  const agent365 = (slug: string, port: number, app: string) =>
    `platforms:\n  agent365: { enabled: true, extra: { ${slug}port: ${port}, app_id: ${app} } }\n`;
  const config = `profiles:
  inbox: { preset: { hermes: { profile: default } }, env: { HERMES_HOME: ~/hermes/inbox } }
  other: { preset: { hermes: { profile: default } }, env: { HERMES_HOME: ~/hermes/other } }
`;
  const linesOf = async (one: string, two: string) => {
    const env = 'A365_ALLOW_ALL_USERS=true\n';
    const { loaded, lines } = await load(t, config, {
      ...filesOf({ default: { config: agent365(one, 18681, APP), env } }, 'home/hermes/inbox'),
      ...filesOf({ default: { config: agent365(two, 18682, OTHER_APP), env } }, 'home/hermes/other'),
    });
    assert.ok(loaded.ok);
    return lines;
  };
  const at = 'home/hermes/other/config.yaml:2';
  const consequence =
    'at home/hermes/inbox/config.yaml:2: hermes-a365 0.8 keeps the conversations of both in one folder of ' +
    '~/.hermes/agents; give each a slug of its own';
  assert.deepEqual(await linesOf('slug: bot, ', 'slug: bot, '), [
    `${at}:45: agent365's slug 'bot' is also that of profile 'inbox' ${consequence}`,
  ]);
  assert.deepEqual(await linesOf('', ''), [
    `${at}:3: agent365's slug 'default' is also that of profile 'inbox' ${consequence}`,
  ]);
  assert.deepEqual(await linesOf('slug: bot, ', 'slug: other, '), []);
});

test('one port in two homes is an error with both lines', async (t) => {
  const config = `profile_paths: true
profiles:
  inbox: { preset: { hermes: { profile: default } }, env: { HERMES_HOME: ~/hermes/inbox } }
  other: { preset: { hermes: { profile: default } }, env: { HERMES_HOME: ~/hermes/other } }
`;
  const { lines } = await load(t, config, {
    ...filesOf({ default: { config: WEBHOOK } }, 'home/hermes/inbox'),
    ...filesOf({ default: { config: WEBHOOK } }, 'home/hermes/other'),
  });
  assert.deepEqual(lines, [
    "home/hermes/other/config.yaml:4:37: port 18641 is already taken by listener 'webhook' of profile 'inbox' at home/hermes/inbox/config.yaml:4; choose another",
  ]);
});
