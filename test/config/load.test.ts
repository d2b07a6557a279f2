// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BASE_ENV, formatProblem, loadConfig } from '../../src/config/load.ts';
import { ENV, folder, launchOf, load, planOf } from './folder.ts';
import { GOOD, GOOD_ENV, TOKEN_KEY } from './good.ts';

const one = (profile: string) => ({ 'gwproxy.yaml': `profiles:\n  a: ${profile}\n` });

const PROBE = {
  path: null,
  status: null,
  body: null,
  interval: 5000,
  timeout: 2000,
  failures: 3,
  successes: 1,
};

test('a config with every key becomes the expected plan', async (t) => {
  const { at, loaded } = await load(t, GOOD, { ...ENV, ...GOOD_ENV });
  assert.ok(
    loaded.ok,
    loaded.ok ? '' : loaded.problems.map((problem) => formatProblem(problem, at)).join('\n'),
  );
  const { plan, warnings, files } = loaded;
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    files,
    ['gwproxy.yaml', 'profiles/greeter.yaml', 'secrets/inbox.env', 'keys/tokens.json'].map((file) =>
      join(at, file),
    ),
  );
  assert.deepEqual(plan.listen, { host: '127.0.0.1', port: 3978 });
  assert.deepEqual(plan.publicUrl, {
    href: 'https://bots.example.com',
    proto: 'https',
    host: 'bots.example.com',
  });
  assert.deepEqual(
    plan.profiles.map(({ name }) => name),
    ['inbox-triage', 'standup-bot', 'legacy-bot', 'greeter'],
  );

  const [inbox, standup, legacy, greeter] = plan.profiles;
  assert.deepEqual(launchOf(plan, 'inbox-triage').argv, [
    'node',
    '-e',
    '0',
    'inbox-triage',
    '--api',
    '<api>',
  ]);
  assert.equal(launchOf(plan, 'inbox-triage').cwd, at);
  assert.deepEqual(
    inbox?.listeners.map(({ name, host, port, portEnv, paths, health }) => [
      name,
      host,
      port,
      portEnv,
      paths,
      health.path,
    ]),
    [
      ['messages', '127.0.0.1', 18681, null, ['/api/messages'], '/healthz'],
      ['webhook', '127.0.0.1', 18641, null, ['/webhooks'], null],
      ['api', '127.0.0.1', 'auto', 'API_PORT', [], '/health'],
    ],
  );
  assert.deepEqual(inbox?.listeners[1]?.health, {
    path: null,
    status: null,
    body: null,
    interval: 1000,
    timeout: 2000,
    failures: 5,
    successes: 1,
  });
  assert.deepEqual(inbox?.restart, {
    when: 'on-failure',
    min: 500,
    max: 30_000,
    reset: 60_000,
    exitCodes: { 3: 'fail', 75: 'backoff', 78: 'fail' },
    giveUp: { restarts: 3, within: 60_000 },
  });
  assert.deepEqual(
    inbox?.listeners.map(({ liveness }) => liveness),
    [
      { kind: 'health', after: 60_000 },
      { kind: 'own', probe: { ...PROBE, path: '/livez' } },
      { kind: 'health', after: 120_000 },
    ],
  );
  assert.deepEqual(inbox?.listeners[2]?.health, {
    ...PROBE,
    path: '/health',
    status: [200, 204],
    body: '"ok"',
    successes: 2,
  });
  assert.ok(inbox?.launch.kind === 'command');
  assert.deepEqual(inbox.launch.process, {
    nice: 5,
    maxOpenFiles: 1024,
    umask: 0o027,
    user: '1000',
    group: 'bots',
  });
  assert.equal(inbox.maxMemory, 512 * 1024 * 1024);
  assert.equal(inbox.logFile, join(at, 'out', 'inbox.log'));
  assert.deepEqual(plan.logs, {
    folder: join(ENV.HOME, 'logs'),
    size: 1024 * 1024,
    age: 12 * 3_600_000,
    keep: 5 * 1024 * 1024,
  });
  assert.deepEqual([plan.watch, plan.startConcurrency], ['all', 3]);
  assert.deepEqual(inbox?.stop, { drain: 10_000, signal: 'SIGTERM', grace: 3_000 });
  assert.deepEqual(inbox?.verify, {
    botFramework: {
      apps: ['00000000-0000-0000-0000-00000000000a'],
      issuers: ['https://sts.example.com/'],
      tenants: ['00000000-0000-0000-0000-0000000000aa'],
      serviceUrls: ['https://smba.example.com/'],
      keys: { kind: 'file', keys: [{ kid: 'one', n: TOKEN_KEY.n, e: TOKEN_KEY.e, issuer: null }] },
    },
    slack: null,
    github: null,
    gitea: null,
    line: null,
    meta: null,
    telegram: null,
    twilio: null,
    discord: null,
    graph: null,
  });
  assert.deepEqual(standup?.verify, {
    botFramework: null,
    slack: ['signing'],
    github: ['old', '0123'],
    gitea: null,
    line: ['channel'],
    meta: ['app'],
    telegram: ['a-token'],
    twilio: { authTokens: ['auth'], sharedKeys: ['shared'], leastAlgorithm: 'HMAC_SHA1' },
    discord: [`${'0'.repeat(62)}aa`],
    graph: ['state'],
  });
  assert.deepEqual(
    plan.profiles.map(({ verify, delivery }) => [verify !== null, delivery]),
    [
      [true, 'spool'],
      [true, 'direct'],
      [false, 'spool'],
      [false, 'spool'],
    ],
  );
  assert.deepEqual(inbox?.source, { file: join(at, 'gwproxy.yaml'), line: 13, column: 3 });

  assert.deepEqual(launchOf(plan, 'standup-bot').argv, ['node', 'bot one.js', '--port=<main>']);
  assert.deepEqual(standup?.listeners, [
    {
      name: 'main',
      host: '127.0.0.1',
      port: 'auto',
      portEnv: 'PORT',
      paths: ['/'],
      addPrefix: '',
      health: PROBE,
      liveness: { kind: 'health', after: 60_000 },
    },
  ]);
  assert.equal(standup?.start, 'on-demand');
  assert.equal(standup?.startTimeout, 5000);
  assert.deepEqual(
    [standup?.idleTimeout, standup?.ownerCheck, standup?.after, standup?.startGroup, standup?.maxMemory],
    [600_000, 'strict', ['inbox-triage'], 'shared', null],
  );

  assert.deepEqual(legacy?.launch, { kind: 'url' });
  assert.deepEqual(legacy?.listeners, [
    {
      name: 'bot',
      host: '10.0.0.5',
      port: 3978,
      portEnv: null,
      paths: ['/legacy'],
      addPrefix: '',
      health: { ...PROBE, path: '/up' },
      liveness: { kind: 'health', after: 60_000 },
    },
  ]);
  assert.equal(launchOf(plan, 'greeter').cwd, join(at, 'profiles'));
  assert.equal(greeter?.source.file, join(at, 'profiles', 'greeter.yaml'));

  assert.deepEqual(
    plan.routes
      .filter(({ profile, key }) => profile !== 'standup-bot' || key === null || key.platform === 'slack')
      .map(({ profile, key, path, stripPrefix }) => ({ profile, key, path, stripPrefix })),
    [
      {
        profile: 'inbox-triage',
        key: { platform: 'bot-framework', fields: { app: ['00000000-0000-0000-0000-00000000000a'] } },
        path: '',
        stripPrefix: false,
      },
      { profile: 'inbox-triage', key: null, path: '/p/inbox-triage', stripPrefix: true },
      {
        profile: 'standup-bot',
        key: { platform: 'slack', fields: { team: ['T0AAAAAAA1', 'T0AAAAAAA2'], app: ['A0AAAAAAA1'] } },
        path: '',
        stripPrefix: false,
      },
      {
        profile: 'standup-bot',
        key: { platform: 'slack', fields: { enterprise: ['E0AAAAAAA1'] } },
        path: '/slack',
        stripPrefix: true,
      },
      { profile: 'standup-bot', key: null, path: '/p/standup-bot', stripPrefix: true },
      { profile: 'legacy-bot', key: null, path: '/legacy', stripPrefix: false },
      {
        profile: 'legacy-bot',
        key: {
          platform: 'custom',
          fields: { 'header:x-tenant': ['acme'], 'json:/kind': ['order', '7'] },
        },
        path: '',
        stripPrefix: false,
      },
      { profile: 'legacy-bot', key: null, path: '/p/legacy-bot', stripPrefix: true },
      { profile: 'greeter', key: null, path: '', stripPrefix: false },
      { profile: 'greeter', key: null, path: '/p/greeter', stripPrefix: true },
    ],
  );
});

test('limits have the documented defaults', async (t) => {
  const plan = await planOf(t, one('{command: node}'));
  assert.deepEqual(plan.limits, {
    body: null,
    streamed: 100 * 1024 ** 2,
    buffered: 128 * 1024 ** 2,
    headers: 32 * 1024,
    headerTime: 15_000,
    bodyTime: 60_000,
    bodyRate: 1024,
    connections: 4096,
    answerTime: 120_000,
    idleTime: 300_000,
    heldPerProfile: 256,
    heldBytesPerProfile: 32 * 1024 * 1024,
    held: 1024,
  });
});

test('a plan survives structuredClone', async (t) => {
  const plan = await planOf(t, GOOD, { ...ENV, ...GOOD_ENV });
  assert.deepEqual(structuredClone(plan), plan);
});

test("a gateway sees the base of gwproxy's environment, its env_file and its env, and nothing else", async (t) => {
  const env = {
    ...ENV,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    SIBLING_TOKEN: 's3cret',
    NODE_OPTIONS: '--inspect',
    GIVEN: 'given',
  };
  const plan = await planOf(
    t,
    {
      'gwproxy.yaml':
        'profiles:\n  a:\n    command: node\n    env_file: a.env\n    env: {B: "${A}-${GIVEN}", C: own, TZ: Europe/Berlin}\n  b: {command: node}\n',
      'a.env': 'A="from file"\nB=file\nC=file\n',
    },
    env,
  );
  assert.deepEqual(launchOf(plan, 'a').env, {
    PATH: ENV.PATH,
    HOME: '/home/ada',
    LANG: 'C.UTF-8',
    TZ: 'Europe/Berlin',
    A: 'from file',
    B: 'from file-given',
    C: 'own',
  });
  assert.deepEqual(launchOf(plan, 'b').env, {
    PATH: ENV.PATH,
    HOME: '/home/ada',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  });
  assert.deepEqual(BASE_ENV, ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']);
});

test('the env_file is asked before the environment', async (t) => {
  const plan = await planOf(
    t,
    { ...one('{command: "node ${X} ${Y}", env_file: a.env}'), 'a.env': 'X=file\n' },
    { ...ENV, X: 'environment', Y: 'y' },
  );
  assert.deepEqual(launchOf(plan, 'a').argv, ['node', 'file', 'y']);
});

test('numbers and booleans in env and command are read as written', async (t) => {
  const plan = await planOf(
    t,
    one(
      '{command: [node, 0x1F, 1.50, true], env: {A: 0800, B: yes, C: TRUE, D: 1_000, E: 1e3, F: "", G: 12345678901234567890, H: ~}}',
    ),
  );
  const { argv, env } = launchOf(plan, 'a');
  assert.deepEqual(argv, ['node', '0x1F', '1.50', 'true']);
  const { PATH, HOME, ...own } = env;
  assert.deepEqual(own, {
    A: '0800',
    B: 'yes',
    C: 'TRUE',
    D: '1_000',
    E: '1e3',
    F: '',
    G: '12345678901234567890',
    H: '/home/ada',
  });
});

test('a number for an id in a route is read as written', async (t) => {
  const plan = await planOf(
    t,
    one('{command: node, routes: [{bot_framework: {recipient: 12345678901234567890, tenant: [007]}}]}'),
  );
  assert.deepEqual(plan.routes[0]?.key?.fields, { recipient: ['12345678901234567890'], tenant: ['007'] });
});

test('an interpolated value is not split, parsed, interpolated or expanded as a home', async (t) => {
  const env = { ...ENV, X: `a "b" \${Y} $$ ~/z # {c: d}`, H: '~/z' };
  const plan = await planOf(t, one('{command: "node ${X} x${H} ${H}", env: {V: "${X}"}}'), env);
  const { argv, env: seen } = launchOf(plan, 'a');
  assert.deepEqual(argv, ['node', env.X, 'x~/z', '~/z']);
  assert.equal(seen['V'], env.X);
});

test('references may hold ports, ids and durations', async (t) => {
  const env = { ...ENV, DOOR: '4000', BOT: '5000', TEAM: 'T0AAAAAAA1', WAIT: '7s' };
  const plan = await planOf(
    t,
    {
      'gwproxy.yaml':
        'listen: 127.0.0.1:${DOOR}\nprofiles:\n  a:\n    command: node\n    start_timeout: ${WAIT}\n    listeners: {x: {port: "${BOT}"}}\n    routes: [{slack: {team: "${TEAM}"}}]\n',
    },
    env,
  );
  assert.equal(plan.listen.port, 4000);
  assert.equal(plan.profiles[0]?.startTimeout, 7000);
  assert.equal(plan.profiles[0]?.listeners[0]?.port, 5000);
  assert.deepEqual(plan.routes[0]?.key?.fields, { team: ['T0AAAAAAA1'] });
});

test('cwd and env_file are relative to the file that holds the profile, and ~ is the home', async (t) => {
  const at = await folder(t, {
    'gwproxy.yaml':
      'include: ["~/more/*.yaml"]\nprofiles:\n  a: {command: "./run.sh ~/x --y=~/z", cwd: ~, env: {D: ~/d}}\n',
    'home/run.sh': '',
    'home/more/b.yaml': 'command: ../run.sh\ncwd: sub/\nenv_file: b.env\n',
    'home/more/b.env': 'B=1\n',
    'home/more/sub/keep': '',
    'home/more/run.sh': '',
  });
  const home = join(at, 'home');
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env: { ...ENV, HOME: home } });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(launchOf(loaded.plan, 'a'), {
    argv: ['./run.sh', `${home}/x`, '--y=~/z'],
    cwd: home,
    env: { PATH: ENV.PATH, HOME: home, D: `${home}/d` },
  });
  assert.equal(launchOf(loaded.plan, 'b').cwd, join(home, 'more', 'sub'));
  assert.equal(launchOf(loaded.plan, 'b').env['B'], '1');
});

test('a key without a value counts as not given', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml':
      'public_url:\ninclude:\ndefaults:\nprofiles:\n  a:\n    command: node\n    url:\n    env_file:\n    listeners:\n',
  });
  assert.equal(plan.publicUrl, null);
  assert.deepEqual(
    plan.profiles[0]?.listeners.map(({ name, portEnv }) => [name, portEnv]),
    [['main', 'PORT']],
  );
});

test('anchors and merge keys are resolved', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml':
      'profiles:\n  a: &a\n    command: &node [node, a]\n    env: &env {X: 1}\n    start: manual\n  b:\n    <<: *a\n    start: always\n    env: {<<: *env, Y: 2}\n  c: {command: *node}\n',
  });
  assert.deepEqual(
    plan.profiles.map(({ name, start }) => [name, start]),
    [
      ['a', 'manual'],
      ['b', 'always'],
      ['c', 'always'],
    ],
  );
  const { PATH, HOME, ...own } = launchOf(plan, 'b').env;
  assert.deepEqual(own, { X: '1', Y: '2' });
  assert.deepEqual(launchOf(plan, 'c').argv, ['node', 'a']);
});

test('aliases that multiply without end are refused at once', async (t) => {
  const level = (name: string, of: string) =>
    `${name}: &${name} [${Array.from({ length: 10 }, () => of).join(', ')}]\n`;
  const bomb = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].reduce(
    (text, name, index) => text + level(name, `*${'abcdefgh'[index]}`),
    level('a', 'x'),
  );
  const { lines } = await load(t, { 'gwproxy.yaml': bomb });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /aliases unfold to more than 200000 values here$/);
});

test('a glob that matches no file is a warning', async (t) => {
  const { loaded, lines } = await load(t, {
    'gwproxy.yaml': 'include: [profile/*.yaml]\nprofiles:\n  a: {command: node, routes: [{path: /a}]}\n',
  });
  assert.ok(loaded.ok);
  assert.deepEqual(lines, [
    'gwproxy.yaml:1:11: this glob matches no file; correct it if there should be one',
  ]);
});

test('included files hold profiles or one profile, and are read in the order of their names', async (t) => {
  const { loaded, at } = await load(t, {
    'gwproxy.yaml': 'include: [profiles/*.yaml, "*.yaml", none-*.yaml]\nprofile_paths: true\n',
    'profiles/b.yaml': 'command: node\n',
    'profiles/a.yaml': 'profiles:\n  x: {command: node}\n  y: {command: node}\n',
    'profiles/.hidden.yaml': 'nonsense\n',
  });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(
    loaded.plan.profiles.map(({ name }) => name),
    ['x', 'y', 'b'],
  );
  assert.deepEqual(
    loaded.files,
    ['gwproxy.yaml', 'profiles/a.yaml', 'profiles/b.yaml'].map((file) => join(at, file)),
  );
});

test('a profile wins over defaults, and maps are merged by key', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml': `defaults:
  command: node default
  env: {A: default, B: default}
  env_file: \${NAME:-shared}.env
  restart: {when: never, max: 1m}
  listeners: {web: {health: /up}}
  routes: [{slack: {app: "\${APP}"}}]
profiles:
  a: {env: {B: own}, restart: {max: 2m}, env_file: a.env}
  b: {command: node own, listeners: {x: {}}, routes: []}
  c: {url: "http://10.0.0.5:1", routes: [{path: /c}]}
`,
    'a.env': 'APP=A0AAAAAAA1\n',
    'shared.env': 'APP=A0AAAAAAA2\n',
  });
  const [a, b, c] = plan.profiles;
  assert.deepEqual(launchOf(plan, 'a').argv, ['node', 'default']);
  assert.deepEqual([launchOf(plan, 'a').env['A'], launchOf(plan, 'a').env['B']], ['default', 'own']);
  assert.deepEqual(
    [a?.restart.when, a?.restart.max, a?.listeners[0]?.health.path],
    ['never', 120_000, '/up'],
  );
  assert.deepEqual(launchOf(plan, 'b').argv, ['node', 'own']);
  assert.deepEqual(
    b?.listeners.map(({ name }) => name),
    ['x'],
  );
  assert.deepEqual(c?.launch, { kind: 'url' });
  assert.deepEqual(
    plan.routes.map(({ profile, key }) => [profile, key?.fields['app']]),
    [
      ['a', ['A0AAAAAAA1']],
      ['c', undefined],
    ],
  );
});

test('a bot without a port takes from defaults nothing about requests, and one with a port nothing about its readiness', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml': `defaults:
  start: on-demand
  idle_timeout: 10m
  owner_check: strict
  verify: { slack: { signing_secret: invented } }
  ready_after: 3s
profiles:
  none: { command: node, listeners: none }
  empty: { command: node, listeners: {}, ready_log: up }
  watched:
    command: node
    listeners: none
    env: { FLAG: '-v' }
    health: { command: 'node "$\{HOME}/is alive.js" 1', interval: 5s, restart_after: never }
  web: { command: node, routes: [{ slack: { team: T0AAAAAAA1 } }] }
`,
  });
  assert.deepEqual(
    plan.profiles.map(({ name, start, ownerCheck, verify, listeners, ready }) => [
      name,
      start,
      ownerCheck,
      verify === null,
      listeners.length,
      ready,
    ]),
    [
      ['none', 'always', 'lenient', true, 0, { kind: 'lived', after: 3000 }],
      ['empty', 'always', 'lenient', true, 0, { kind: 'log', text: 'up' }],
      [
        'watched',
        'always',
        'lenient',
        true,
        0,
        {
          kind: 'command',
          health: {
            command: ['node', '/home/ada/is alive.js', '1'],
            interval: 5000,
            timeout: 10_000,
            failures: 3,
            successes: 1,
            restartAfter: null,
          },
        },
      ],
      ['web', 'on-demand', 'strict', false, 1, { kind: 'listeners' }],
    ],
  );
  assert.deepEqual(
    plan.routes.map(({ profile }) => profile),
    ['web'],
  );
});

test('a job has no port, and takes from defaults only what is for jobs', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml': `defaults:
  start: on-demand
  idle_timeout: 10m
  restart: { schedule: '0 4 * * *', timezone: Europe/Berlin }
  listeners: { main: { health: /healthz } }
  stop: { grace: 3s }
  env: { KIND: any }
profiles:
  bot:
    command: node
    routes: [{ path: /bot }]
  always:
    command: node
    routes: [{ path: /always }]
    restart: { schedule: never }
  nightly:
    command: node
    run: { schedule: '  30  2 * * * ', timezone: UTC, timeout: 2h }
`,
  });
  const [bot, always, nightly] = plan.profiles;
  const pattern = '0 4 * * *';
  assert.deepEqual(bot?.schedule, { action: 'restart', pattern, timezone: 'Europe/Berlin' });
  assert.equal(always?.schedule, null);
  assert.deepEqual(nightly?.schedule, {
    action: 'run',
    pattern: '30 2 * * *',
    timezone: 'UTC',
    timeout: 2 * 60 * 60 * 1000,
  });
  const { start, listeners, idleTimeout, stop, ready } = nightly ?? {};
  assert.deepEqual(
    [start, listeners, idleTimeout, stop?.grace, ready],
    ['scheduled', [], null, 3000, { kind: 'lived', after: 1000 }],
  );
});

test('a mistake in defaults is reported once at its place, even if every profile overrides it', async (t) => {
  const { lines } = await load(t, {
    'gwproxy.yaml':
      'defaults: {start: alway, stop: {grace: 1}, env: {X: "${NONE}"}, strat: 1, start_timeout: "${T:-1s}"}\nprofiles:\n  a: {command: node, start: always}\n  b: {command: node, start: always, stop: {grace: 1s}}\n',
  });
  assert.deepEqual(lines, [
    "gwproxy.yaml:1:19: start must be always, on-demand or manual, not 'alway'; did you mean 'always'?",
    'gwproxy.yaml:1:40: stop.grace must be a duration such as 500ms, 10s or 5m, not 1; write 1s or 1ms',
    "gwproxy.yaml:1:53: ${NONE} is not set in gwproxy's environment; set it, or write ${NONE:-default}",
    "gwproxy.yaml:1:65: unknown key 'strat'; did you mean 'start'?",
  ]);
});

test('a disabled profile is checked and left out of the plan', async (t) => {
  const files = {
    'gwproxy.yaml':
      'profiles:\n  a: {command: node, listeners: {x: {port: 5000}}, routes: [{path: /x}]}\n  b: {command: node, listeners: {x: {port: 5000}}, routes: [{path: /x}], enabled: false}\n',
  };
  const plan = await planOf(t, files);
  assert.deepEqual(
    plan.profiles.map(({ name }) => name),
    ['a'],
  );
  assert.deepEqual(
    plan.routes.map(({ profile }) => profile),
    ['a'],
  );
  const { lines } = await load(t, one('{command: nod, enabled: false}'));
  assert.deepEqual(lines, [
    "gwproxy.yaml:2:16: missing command: 'nod' is not on the profile's PATH; write its full path",
  ]);
});

test('another route for /p/<profile> is refused under profile_paths', async (t) => {
  const { lines } = await load(t, {
    'gwproxy.yaml':
      'profile_paths: true\nprofiles:\n  a: {command: node, routes: [{path: /p/b/}]}\n  b: {command: node}\n',
  });
  assert.deepEqual(lines, [
    "gwproxy.yaml:3:31: path '/p/b' is already claimed by profile 'b', through profile_paths, at gwproxy.yaml:4; make one more specific, or remove it",
  ]);
});

test('routes that cannot tie are valid together', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml': `profiles:
  a: {command: node, routes: [{slack: {team: T1}}, {slack: {app: A1}}, {slack: {team: T1, app: A1}}, {path: /x}, {path: /x, slack: {team: T1}}]}
  b: {command: node, routes: [{slack: {team: T2}}, {slack: {team: T1, app: A2}}, {path: /x/y}, {bot_framework: {app: T1}}]}
`,
  });
  assert.equal(plan.routes.length, 9);
});

test('a valid config that is probably a mistake gives warnings', async (t) => {
  const { loaded, lines } = await load(t, {
    'gwproxy.yaml': `profiles:
  a: {command: node}
  b: {command: node, routes: [{path: /b}], listeners: {x: {port: 5000, paths: []}}}
  c: {command: node, routes: [{path: /c}], listeners: {x: {port: 5001, host: 0.0.0.0}}}
  d: {command: node, routes: [{path: /d}], env_file: d.env}
`,
    'd.env': 'PORT=3978\n',
  });
  assert.equal(loaded.ok, true);
  assert.deepEqual(lines, [
    "gwproxy.yaml:2:3: no request reaches profile 'a': it has no routes, and profile_paths is off; write routes, or listeners: none if it has no port",
    "gwproxy.yaml:3:44: no request reaches profile 'b': none of its listeners has public paths; write paths",
    "gwproxy.yaml:4:56: listener 'x' on 0.0.0.0 can be reached from outside without gwproxy; let it listen on 127.0.0.1, or block the port in a firewall",
    "gwproxy.yaml:5:44: PORT in the env_file has no effect: gwproxy sets it to the port of listener 'main'",
  ]);
});

/** Two public listeners, at that port and the next. */
const two = (port: number): string =>
  `listeners: {messages: {port: ${port}, paths: [/api/messages]}, webhook: {port: ${port + 1}, paths: [/webhooks, /hooks]}}`;

test('a public path that no route leads to, and a route to no public path, give warnings', async (t) => {
  const { lines } = await load(t, {
    'gwproxy.yaml': `profiles:
  a: {command: node, ${two(5010)}, routes: [{bot_framework: {app: A1}}]}
  b: {command: node, ${two(5012)}, routes: [{bot_framework: {app: A2}}, {path: /b, strip_prefix: true}]}
  c: {command: node, ${two(5014)}, routes: [{bot_framework: {app: A3}}, {path: /webhooks}, {path: /other}]}
  d: {command: node, ${two(5016)}, routes: [{telegram: {secret_token: t}}]}
  e: {command: node, listeners: {x: {port: 5002, paths: [/, /deep]}}, routes: [{path: /e}]}
  f: {command: node, routes: [{path: /f}]}
`,
  });
  const advice = (name: string) =>
    `write a route such as { path: /${name}, strip_prefix: true }, or leave the path out to keep it private`;
  assert.deepEqual(
    lines.map((line) => line.replace(/^gwproxy\.yaml:(\d+):\d+: /, '$1 ')),
    [
      `2 no request reaches /webhooks, /hooks of listener 'webhook': no route of profile 'a' leads there; ${advice('a')}`,
      `4 no request reaches /hooks of listener 'webhook': no route of profile 'c' leads there; ${advice('c')}`,
      "4 no request passes this route: no listener serves '/other'; write it among the paths of a listener, or strip_prefix: true",
      `6 no request reaches /deep of listener 'x': no route of profile 'e' leads there; ${advice('e')}`,
    ],
  );
  const open = await load(t, {
    'gwproxy.yaml': `profile_paths: true\nprofiles:\n  a: {command: node, ${two(5018)}, routes: [{bot_framework: {app: A1}}]}\n`,
  });
  assert.deepEqual(open.lines, [], '/p/a leads to every public path');
});

test('all mistakes of all files are reported together, by file and line', async (t) => {
  const { lines, at, loaded } = await load(t, {
    'gwproxy.yaml': `listen: nowhere
include: profiles/*.yaml
profiles:
  a:
    comand: node
    routes: [{slack: {app: A1}}, {slack: {ap: A2}}]
    env_file: a.env
  b:
    command: node
    start: soon
    listeners: {x: {port: 5000}}
    routes: [{slack: {app: A1}}]
`,
    'a.env': 'X\n',
    'profiles/c.yaml': 'command: node\nlisteners: {x: {port: 5000}}\nroutes: [{slack: {app: A1}}]\n',
  });
  assert.deepEqual(lines, [
    'a.env:1:1: must be KEY=VALUE, a comment or blank',
    "gwproxy.yaml:1:9: listen must be host:port, such as 127.0.0.1:3978, not 'nowhere'",
    "gwproxy.yaml:5:5: unknown key 'comand'; did you mean 'command'?",
    "gwproxy.yaml:6:43: unknown key 'ap'; did you mean 'app'?",
    "gwproxy.yaml:10:12: start must be always, on-demand or manual, not 'soon'",
    "gwproxy.yaml:12:14: this slack route (app) is already claimed by profile 'a' at gwproxy.yaml:6; make one more specific, or remove it",
    "profiles/c.yaml:2:23: port 5000 is already taken by listener 'x' of profile 'b' at gwproxy.yaml:11; choose another",
    "profiles/c.yaml:3:10: this slack route (app) is already claimed by profile 'a' at gwproxy.yaml:6; make one more specific, or remove it",
  ]);
  assert.deepEqual(
    loaded.files,
    ['gwproxy.yaml', 'profiles/c.yaml', 'a.env'].map((file) => join(at, file)),
  );
});

test('a missing config is a problem', async (t) => {
  const { lines, at, loaded } = await load(t, {});
  assert.deepEqual(lines, ['gwproxy.yaml:1:1: cannot read gwproxy.yaml: no such file']);
  assert.deepEqual(loaded.files, [join(at, 'gwproxy.yaml')]);
  await mkdir(join(at, 'gwproxy.yaml'));
  const again = await loadConfig(join(at, 'gwproxy.yaml'), { env: ENV });
  assert.deepEqual(again.ok ? [] : again.problems.map(({ message }) => message), [
    'cannot read gwproxy.yaml: it is a folder',
  ]);
});

test('a file that is not UTF-8 is refused', async (t) => {
  const at = await folder(t, {});
  await writeFile(join(at, 'gwproxy.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env: ENV });
  assert.deepEqual(loaded.ok ? [] : loaded.problems.map(({ message }) => message), [
    'cannot read gwproxy.yaml: it is not UTF-8',
  ]);
});

test('a problem outside the folder has the absolute path', () => {
  const problem = { file: '/etc/gwproxy/gwproxy.yaml', line: 12, column: 7, message: "unknown key 'x'" };
  assert.equal(formatProblem(problem, '/etc/gwproxy'), "gwproxy.yaml:12:7: unknown key 'x'");
  assert.equal(formatProblem(problem, '/etc'), "gwproxy/gwproxy.yaml:12:7: unknown key 'x'");
  assert.equal(formatProblem(problem, '/home/ada'), "/etc/gwproxy/gwproxy.yaml:12:7: unknown key 'x'");
  assert.equal(formatProblem(problem), "/etc/gwproxy/gwproxy.yaml:12:7: unknown key 'x'");
});
