// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profilesOf } from '../../../src/cli/pm2/app-to-profile.ts';
import { parseApps } from '../../../src/cli/pm2/source/ecosystem-file.ts';
import { FOLDER, machine } from './fake-machine.ts';

const BOT = `${FOLDER}/bot.js`;
const USUAL = machine({
  pipes: [`${FOLDER}/pipe`],
  programs: {
    node: '/usr/bin/node',
    npm: '/usr/bin/npm',
    python3: '/usr/bin/python3',
    bash: '/usr/bin/bash',
  },
  files: [BOT, `${FOLDER}/bot.py`, `${FOLDER}/bot.sh`, `${FOLDER}/bot.ts`],
});

function read(value: unknown) {
  const file = parseApps(value);
  if (typeof file === 'string') throw new Error(file);
  return file;
}

function converted(value: unknown, on = USUAL, environment: string | null = null) {
  return profilesOf(read(value), {
    machine: on,
    atFile: null,
    environment,
    configFile: '/srv/bots/gwproxy.yaml',
  });
}

/** Converts one app. */
function one(app: object, on = USUAL, environment: string | null = null) {
  const { profiles, leftOut } = converted({ apps: [{ name: 'bot', ...app }] }, on, environment);
  const [profile] = profiles;
  if (profile === undefined) throw new Error(`left out: ${leftOut[0]?.reason}`);
  return profile;
}

const COMMANDS: readonly (readonly [string, object, readonly string[]])[] = [
  ['node by the ending .js', { script: 'bot.js' }, ['node', 'bot.js']],
  ['python3 if there is no python', { script: 'bot.py' }, ['/usr/bin/python3', 'bot.py']],
  ['bash by the ending .sh', { script: 'bot.sh', args: ['a b'] }, ['/usr/bin/bash', 'bot.sh', 'a b']],
  [
    'options of the interpreter before the script',
    { script: 'bot.js', node_args: '--inspect --max-old-space-size=200', args: 'x "y z"' },
    ['node', '--inspect', '--max-old-space-size=200', 'bot.js', 'x', 'y z'],
  ],
  [
    'source maps if the app sets them',
    { script: BOT, source_map_support: true },
    ['node', '--enable-source-maps', 'bot.js'],
  ],
  ['an interpreter of its own', { script: 'bot.js', interpreter: 'python3' }, ['/usr/bin/python3', 'bot.js']],
  ['a script above the working folder', { script: '../bot.js', cwd: 'deeper' }, ['node', BOT]],
  [
    'a command line for a shell',
    { script: 'python3 bot.py $PORT | tee x' },
    ['/usr/bin/bash', '-c', 'python3 bot.py $PORT | tee x'],
  ],
];

for (const [name, app, command] of COMMANDS) {
  test(`the command of an app is converted: ${name}`, () => assert.deepEqual(one(app).command, command));
}

test('a program found on PATH is written with its full path, one in the working folder relative to that', () => {
  const on = machine({ binaries: [`${FOLDER}/bot`], programs: { hermes: '/opt/bin/hermes' } });
  const args = '-p inbox gateway run';
  assert.deepEqual(one({ script: 'hermes', interpreter: 'none', args }, on).command, [
    '/opt/bin/hermes',
    '-p',
    'inbox',
    'gateway',
    'run',
  ]);
  assert.deepEqual(one({ script: 'hermes' }, on).command, ['/opt/bin/hermes']);
  assert.deepEqual(one({ script: '/opt/bin/hermes' }, on).command, ['/opt/bin/hermes']);
  assert.deepEqual(one({ script: './bot' }, on).command, ['./bot']);
});

test('an interpreter’s path is resolved from the app’s folder or from the file’s', () => {
  const app = { script: 'bot.py', cwd: 'deep' };
  const venv = (place: string) =>
    machine({ files: [`${FOLDER}/deep/bot.py`, `${FOLDER}/${place}venv/bin/python`, '/opt/python'] });
  const interpreter = './venv/bin/python';
  const own = one({ ...app, interpreter }, venv('deep/'));
  assert.deepEqual(own.command, ['venv/bin/python', 'bot.py']);
  assert.equal(own.variables.plain.get('PYTHONUNBUFFERED'), '1');
  assert.deepEqual(one({ ...app, interpreter }, venv('')).command, [`${FOLDER}/venv/bin/python`, 'bot.py']);
  assert.deepEqual(one({ ...app, interpreter: '/opt/python' }, venv('')).command, ['/opt/python', 'bot.py']);
  assert.throws(
    () => one({ ...app, interpreter: './gone' }, venv('')),
    /its interpreter \S+gone is not an executable/,
  );
});

test('Node is named `node` where PATH has it as a link; Python is named by its path, which selects its environment', () => {
  const there = ['/opt/node/22/bin/node', '/opt/python/bin/python3', `${FOLDER}/venv/bin/python3`];
  const on = machine({
    files: [`${FOLDER}/bot.js`, `${FOLDER}/bot.py`, ...there],
    programs: { node: '/opt/bin/node', python3: '/usr/bin/python3' },
    links: {
      '/opt/bin/node': '/opt/node/22/bin/node',
      '/usr/bin/python3': '/opt/python/bin/python3',
      [`${FOLDER}/venv/bin/python3`]: '/opt/python/bin/python3',
    },
  });
  const node = one({ script: 'bot.js', exec_interpreter: '/opt/node/22/bin/node' }, on);
  assert.deepEqual(node.command, ['node', 'bot.js']);
  const python = one({ script: 'bot.py', interpreter: './venv/bin/python3' }, on);
  assert.deepEqual(python.command, ['venv/bin/python3', 'bot.py']);
});

test('TypeScript runs on bun, else on a Node that strips types, else the app is left out', () => {
  const files = [`${FOLDER}/bot.ts`];
  const on = (nodeVersion: string) => machine({ files, nodeVersion });
  const bun = machine({ files, programs: { bun: '/usr/bin/bun' } });
  assert.deepEqual(one({ script: 'bot.ts' }, bun).command, ['/usr/bin/bun', 'bot.ts']);
  assert.deepEqual(one({ script: 'bot.ts' }, on('24.1.0')).command, ['node', 'bot.ts']);
  assert.deepEqual(one({ script: 'bot.ts' }, on('22.6.0')).command, [
    'node',
    '--experimental-strip-types',
    'bot.ts',
  ]);
  assert.throws(() => one({ script: 'bot.ts' }, on('20.19.0')), /bot\.ts needs bun, or Node\.js 22\.18/);
});

test("nvm's Node is chosen by its version, and a note says if it is missing", () => {
  const program = '/home/ada/.nvm/versions/node/v18.2.0/bin/node';
  const app = { script: 'bot.js', interpreter: 'node@18.2.0' };
  assert.deepEqual(one(app, machine({ files: [BOT, program] })).command, [program, 'bot.js']);
  const without = one(app);
  assert.deepEqual(without.command, ['node', 'bot.js']);
  assert.match(
    textsOf(without).join('\n'),
    /^interpreter: there is no \S+v18\.2\.0\/bin\/node; the node on PATH is used/m,
  );
});

test('an app that pm2 could not start either is left out, with the reason', () => {
  const { leftOut, profiles } = converted([
    { script: 'gone.js' },
    { name: 'b', script: 'bot.js', interpreter: 'cobol' },
    { name: 'c', script: 'serve' },
    { name: 'd' },
  ]);
  assert.deepEqual(profiles, []);
  assert.deepEqual(
    leftOut.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'gone: there is no script /srv/bots/gone.js',
      "b: its interpreter cobol is not on PATH: write its full path in pm2's file, as interpreter",
      'c: it serves files, and gwproxy serves none: use a web server',
      'd: it has no script',
    ],
  );
});

/** Fields of an app, the profile fields they become without PORT, and the notes on them. */
const FIELDS: readonly (readonly [string, object, object, readonly (string | RegExp)[]])[] = [
  ['nothing', {}, {}, []],
  ['autorestart', { autorestart: false }, { restart: { when: 'never' } }, []],
  ['autostart', { autostart: false }, { start: 'manual' }, []],
  ['restart_delay', { restart_delay: 4000 }, { restart: { min: '4s', max: '4s' } }, []],
  [
    'exp_backoff_restart_delay, which beats restart_delay',
    { exp_backoff_restart_delay: 100, restart_delay: 4000 },
    { restart: { min: '100ms', max: '15s', reset: '30s' } },
    [/^exp_backoff_restart_delay: the wait between restarts doubles/],
  ],
  [
    'max_restarts and min_uptime: four runs of 5 s, and three waits of at most 1, 2 and 4 s',
    { max_restarts: 4, min_uptime: '5s' },
    { restart: { give_up: { restarts: 3, within: '27s' } } },
    [/^max_restarts: after more than 3 restarts within 27s, .*pm2 counts only exits within 5s of a start$/],
  ],
  [
    'stop_exit_codes',
    { stop_exit_codes: ['0', 3, 999] },
    { restart: { exit_codes: { 0: 'stop', 3: 'stop' } } },
    [/^stop_exit_codes: only exit codes/, /^stop_exit_codes: pm2 counts an exit by a signal as code 0/],
  ],
  ['numbers that pm2 ignores', { max_restarts: 0, kill_timeout: 0 }, {}, []],
  ['kill_timeout', { kill_timeout: 1600 }, { stop: { grace: '1600ms' } }, []],
  ['max_memory_restart', { max_memory_restart: '150M' }, { max_memory: '150MiB' }, []],
  ['max_memory_restart in bytes', { max_memory_restart: 1000 }, { max_memory: '1000B' }, []],
  [
    'max_memory_restart above the maximum',
    { max_memory_restart: '4096G' },
    {},
    [/^max_memory_restart: is more than/],
  ],
  [
    'max_memory_restart that is not a size',
    { max_memory_restart: 'lots' },
    {},
    [/^max_memory_restart: is not a size/],
  ],
  ['uid and gid', { user: 'bot', gid: 1000 }, { user: 'bot', group: 1000 }, []],
  [
    'wait_ready',
    { wait_ready: true, listen_timeout: 90_000 },
    { ready: 'ipc', start_timeout: '90s' },
    [/^wait_ready: becomes ready: ipc\. gwproxy restarts a bot that has not called process\.send/],
  ],
  ['listen_timeout alone', { listen_timeout: 3000 }, {}, [/^listen_timeout: is left out/]],
  ['a text that is not a number', { kill_timeout: 'soon' }, {}, ['kill_timeout: is not a number; left out']],
  ['cron_restart', { cron_restart: '0  4 * * *' }, { restart: { schedule: '0 4 * * *' } }, []],
  [
    'cron_restart with seconds',
    { cron: '30 0 4 * * *', max_restarts: 1 },
    { restart: { give_up: { restarts: 0, within: '1s' }, schedule: '30 0 4 * * *' } },
    [/^max_restarts: /],
  ],
  [
    'cron_restart that only pm2 reads',
    { cron_restart: '5/5 * * * *' },
    {},
    [
      /^cron_restart: '5\/5 \* \* \* \*' has the minute '5\/5'; write 0 to 59, .*; then add it as restart: \{ schedule: '…' \}$/,
    ],
  ],
  [
    'cron_restart of a job that ends',
    {
      cron_restart: '0 4 * * *',
      autorestart: false,
      wait_ready: true,
      kill_timeout: 3000,
      listen_timeout: 9e4,
    },
    { run: { schedule: '0 4 * * *' }, stop: { grace: '3s' } },
    [/^cron_restart: with autorestart: false it is a job, and becomes run: it runs at these times only, /],
  ],
  [
    'cron_restart of a job that only pm2 reads',
    { cron_restart: '5/5 * * * *', autorestart: false },
    { start: 'manual', restart: { when: 'never' } },
    [/^cron_restart: .*; then add it as run: \{ schedule: '…' \}$/],
  ],
  ['cron_restart that is off', { cron_restart: '0' }, {}, []],
  [
    'watch',
    { watch: true, ignore_watch: ['logs'], watch_delay: 100 },
    {},
    [
      "watch: gwproxy does not watch a bot's files (with ignore_watch, watch_delay); run `gwproxy restart bot` after a change; while you develop, use command: [node, --watch, bot.js, …]",
    ],
  ],
  [
    'watch of a package manager',
    { watch: true, script: '/usr/bin/npm', interpreter: 'node', args: 'start' },
    {},
    [
      /^watch: .* after a change; while you develop, run a script of its package\.json that watches, .* outside gwproxy$/,
    ],
  ],
  [
    'watch of a program that is no script of Node',
    { watch: true, script: 'bot.py' },
    {},
    [/^watch: .* run `gwproxy restart bot` after a change$/],
  ],
  [
    'watch of a command line',
    { watch: true, script: 'node bot.js | tee log' },
    {},
    [/^watch: .* run `gwproxy restart bot` after a change$/],
  ],
  ['watch that is off', { watch: false, ignore_watch: ['logs'] }, {}, []],
  ['instances', { instances: 4 }, {}, [/^instances: is 4; gwproxy runs one process per profile/]],
  [
    'as many instances as cores',
    { instances: 'max', exec_mode: 'cluster' },
    {},
    [/^instances: is as many as there are cores/],
  ],
  ['one instance', { instances: 1, exec_mode: 'cluster' }, {}, []],
  [
    'log files that are off',
    { out_file: '/dev/null', error_file: 'NULL' },
    {},
    [/^out_file, error_file, log_file: output is logged/],
  ],
  [
    'log files that are devices',
    { out_file: '/dev/stdout', error_file: '/proc/self/fd/2', log_file: '/dev/null' },
    {},
    [
      /^out_file: is no file but a device: .* JSON lines on its own standard output where that is no terminal; left out$/,
      /^error_file: is no file but a device: /,
      /^out_file, error_file, log_file: output is logged nevertheless/,
    ],
  ],
  [
    'log files that are folders or pipes',
    { out_file: './', error_file: 'logs/', log_file: 'pipe' },
    {},
    [
      /^log_file: is neither a file nor a folder: .*; left out$/,
      /^out_file: is a folder, /,
      /^error_file: is a folder, /,
    ],
  ],
  ['disable_logs', { disable_logs: true }, {}, [/^disable_logs: output is logged/]],
  [
    'fields that need no note',
    {
      merge_logs: true,
      time: true,
      vizion: false,
      pmx: false,
      automation: false,
      source_map_support: false,
      windowsHide: true,
      force: true,
      treekill: true,
      instance_var: 'NODE_APP_INSTANCE',
      namespace: 'default',
      filter_env: true,
      kill_retry_time: 100,
      exec_mode: 'fork',
    },
    {},
    [],
  ],
  [
    'fields without an equivalent',
    {
      shutdown_with_message: true,
      treekill: false,
      namespace: 'edge',
      pid_file: 'x.pid',
      instance_var: 'N',
      increment_var: 'PORT',
      post_update: ['npm ci'],
      trace: true,
      log_type: 'json',
      log_date_format: 'YYYY',
    },
    {},
    [
      /^shutdown_with_message: gwproxy sends no messages/,
      /^treekill: is left out/,
      /^namespace: is left out/,
      /^pid_file: is left out/,
      /^instance_var: is not set by gwproxy/,
      /^increment_var: PORT does not grow/,
      /^post_update: is left out/,
      /^trace: is pm2's own monitoring/,
      /^log_type: is left out/,
      /^log_date_format: is left out: every log line/,
    ],
  ],
  [
    'an env_file, and environments that are none',
    { env_file: '.env', env_production: 'NODE_ENV=production', env_x: null, env_list: ['A=1'] },
    {},
    [
      'env_file: pm2 reads no such file; if the bot does not read it itself either, write `env_file: .env` into the profile',
      'env_production: is not a map of names and values; left out',
      'env_x: is not a map of names and values; left out',
      'env_list: is not a map of names and values; left out',
    ],
  ],
  [
    'an env_file beside secrets, in another folder',
    { env_file: '../shared/.env', env: { SLACK_TOKEN: 't' } },
    {},
    [/^env_file: .*, write `env_file: \[\.\.\/shared\/\.env, secrets\/bot\.env\]` into the profile$/],
  ],
  [
    'several env_files',
    { env_file: ['.env', '.env.local'] },
    {},
    [/^env_file: pm2 reads no such file; .* write `env_file: \[\.env, \.env\.local\]` into the profile$/],
  ],
  [
    'values of another type',
    {
      name: 'bot',
      cwd: 5,
      exec_interpreter: ['node'],
      args: { a: 1 },
      node_args: true,
      out_file: 7,
      error_file: ['a.log'],
      uid: {},
      gid: [],
      autostart: 'no',
      wait_ready: 1,
      disable_logs: 'yes',
    },
    {},
    [
      'cwd: is not a text; left out',
      'exec_interpreter: is not a text; left out',
      'args: is not a text or a list of texts; left out',
      'node_args: is not a text or a list of texts; left out',
      'out_file: is not a text; left out',
      'error_file: is not a text; left out',
      'uid: is not a name or a number; left out',
      'gid: is not a name or a number; left out',
      'autostart: is not true or false; left out',
      'wait_ready: is not true or false; left out',
      'disable_logs: is not true or false; left out',
    ],
  ],
  ['deploy inside an app', { deploy: {} }, {}, [/^deploy: belongs beside apps, /]],
  ['a field that pm2 does not know', { max_memory: '1G' }, {}, [/^max_memory: is not a field of pm2/]],
];

for (const [name, app, fields, notes] of FIELDS) {
  test(`a field of an app is converted: ${name}`, () => {
    const profile = one({ script: 'bot.js', ...app });
    const { listeners, ...others } = profile.fields;
    assert.equal(listeners, 'run' in fields ? undefined : 'none');
    assert.deepEqual(others, fields);
    const texts = textsOf(profile).filter((text) => !text.startsWith('PORT: is not set'));
    assert.equal(texts.length, notes.length, texts.join('\n'));
    for (const [index, note] of notes.entries()) {
      if (typeof note === 'string') assert.equal(texts[index], note);
      else assert.match(texts[index] ?? '', note);
    }
  });
}

function textsOf({ notes }: ReturnType<typeof one>): readonly string[] {
  return notes.map(({ field, text }) => `${field}: ${text}`);
}

test('names are made valid and unique', () => {
  const names = ['Standup Bot', 'standup_bot', '-x-', '東京', 'a'.repeat(80)];
  const { profiles } = converted(names.map((name) => ({ name, script: 'bot.js' })));
  assert.deepEqual(
    profiles.map(({ name }) => name),
    ['standup-bot', 'standup-bot-2', 'x', 'bot', 'a'.repeat(60)],
  );
  assert.match(
    textsOf(one({ script: 'bot.js', name: 'Standup Bot' }))[0] ?? '',
    /^name: is standup-bot in gwproxy/,
  );
});

test('the second app of a name is told that the name is taken', () => {
  const { profiles } = converted(['bot', 'bot'].map((name) => ({ name, script: 'bot.js' })));
  const notes = profiles.flatMap((profile) => profile.notes).filter(({ field }) => field === 'name');
  assert.deepEqual(
    notes.map(({ text }) => text),
    ['is bot-2 in gwproxy: another app has that name'],
  );
});

test("an app named like gwproxy's own log gets another name", () => {
  const { profiles } = converted(['gwproxy', 'GwProxy'].map((name) => ({ name, script: 'bot.js' })));
  assert.deepEqual(
    profiles.map(({ name }) => name),
    ['gwproxy-2', 'gwproxy-3'],
  );
  assert.match(
    textsOf(one({ script: 'bot.js', name: 'gwproxy' }))[0] ?? '',
    /^name: is gwproxy-2 in gwproxy: gwproxy is the name of gwproxy's own log$/,
  );
});

test('a port is fixed by PORT or --port for the first app that names it; other ports are allocated', () => {
  const apps = [
    { env: { PORT: 3001 } },
    { port: 3002, env: {} },
    { args: '--port 3003' },
    { script: 'node bot.js --port=3004' },
    { env: { PORT: '3001' } },
    { env: { PORT: 'auto' } },
    {},
  ].map((app, index) => ({ name: `bot-${index}`, script: 'bot.js', ...app }));
  const { profiles } = converted(apps);
  assert.deepEqual(
    profiles.map(({ port }) => port),
    [3001, 3002, 3003, 3004, null, null, null],
  );
  for (const { port, variables } of profiles)
    if (port !== null) assert.equal(variables.plain.has('PORT'), false);
  const again = profiles[4];
  assert.ok(
    again !== undefined && textsOf(again).some((text) => /^PORT: 3001 is another app's too/.test(text)),
  );
});

test('an app of which no port is known has no listener, and a note says what to do', () => {
  const named = one({ script: 'bot.js', env: { PORT: 3001 } });
  assert.deepEqual([named.isPublic, named.fields], [true, { listeners: { main: { port: 3001 } } }]);
  const unnamed = one({ script: 'bot.js' });
  assert.deepEqual([unnamed.isPublic, unnamed.fields], [false, { listeners: 'none' }]);
  assert.deepEqual(textsOf(unnamed), [
    'PORT: is not set, and nothing says that the bot listens. It runs without a listener, as it does under pm2. If it serves webhooks, write `listeners: { main: { port: N } }` in place of `listeners: none`, with the port that it listens on.',
  ]);
});

test('an app that serves on PORT, which pm2’s file does not set, is private', () => {
  const serving = (port: string) =>
    one({ script: 'bot.js' }, machine({ texts: { [BOT]: `http.createServer(f).listen(${port})` } }));
  const allocated = serving('process.env.PORT');
  assert.deepEqual([allocated.isPublic, allocated.fields], [false, { listeners: { main: { paths: [] } } }]);
  assert.deepEqual(textsOf(allocated), [
    'PORT: is not set. gwproxy allocates a port and passes it as PORT, and keeps the profile private. If the bot serves webhooks, delete `paths: []`.',
  ]);
  const named = serving('process.env.PORT || 3005');
  assert.deepEqual(named.fields, { listeners: { main: { port: 3005, paths: [] } } });
  assert.match(textsOf(named)[0] ?? '', /gwproxy passes 3005, which the script names, as PORT/);
});

test('a tunnel is private whatever its port, and is probed at its metrics port if it names one', () => {
  const on = machine({ programs: { cloudflared: '/opt/bin/cloudflared', bash: '/usr/bin/bash' } });
  const tunnel = (app: object) => one({ env: { PORT: 3001 }, ...app }, on);
  const watched = { metrics: { port: 20241, health: '/ready', paths: [] } };
  for (const app of [
    { script: 'cloudflared', args: 'tunnel --metrics 127.0.0.1:20241 run bots' },
    { script: 'cloudflared', args: 'tunnel --metrics=localhost:20241 run bots', interpreter: 'none' },
    { script: 'cloudflared tunnel --metrics :20241 run bots' },
  ]) {
    const { isPublic, port, fields, notes } = tunnel(app);
    assert.deepEqual([isPublic, port, fields], [false, 20241, { listeners: watched }]);
    assert.deepEqual(
      notes.map(({ text }) => text),
      [
        'is a tunnel (cloudflared). gwproxy needs one for all bots: point one to the public port (`listen`), and delete the profiles of the others.',
      ],
    );
  }
  const blind = tunnel({ script: 'cloudflared', args: 'tunnel run bots' });
  assert.deepEqual([blind.isPublic, blind.fields], [false, { listeners: 'none' }]);
  assert.match(blind.notes[0]?.text ?? '', /put `--metrics 127\.0\.0\.1:20241` behind the word tunnel/);
  const elsewhere = tunnel({ script: 'cloudflared', args: 'tunnel --metrics 10.0.0.7:1 run bots' });
  assert.deepEqual(elsewhere.fields, {
    listeners: { metrics: { host: '10.0.0.7', port: 1, health: '/ready', paths: [] } },
  });
});

test('a program on the PATH in the app’s own environment is found there first', () => {
  const on = {
    ...machine({ files: ['/opt/own/hermes', '/usr/bin/hermes'] }),
    which: (program: string, path = '/usr/bin') =>
      program === 'hermes' && ['/opt/own', '/usr/bin'].includes(path) ? `${path}/hermes` : null,
  };
  assert.deepEqual(one({ script: 'hermes', env: { PATH: '/opt/own' } }, on).command, ['/opt/own/hermes']);
  assert.deepEqual(one({ script: 'hermes', env: { PATH: '/elsewhere' } }, on).command, ['/usr/bin/hermes']);
  assert.deepEqual(one({ script: 'hermes' }, on).command, ['/usr/bin/hermes']);
  assert.throws(
    () => one({ script: 'gone' }, on),
    /there is no script \/srv\/bots\/gone, and no program gone on PATH: write its full path/,
  );
});

test('the chosen environment overrides env, which overrides that of deploy', () => {
  const app = {
    script: 'bot.js',
    env: { A: 'own', B: 'own' },
    env_production: { A: 'chosen' },
    env_test: {},
  };
  const file = {
    apps: [{ name: 'bot', ...app }],
    deploy: { production: { env: { B: 'deployed', C: 'deployed' } } },
  };
  const chosen = converted(file, USUAL, 'production');
  assert.deepEqual(Object.fromEntries(chosen.profiles[0]?.variables.plain ?? []), {
    A: 'chosen',
    B: 'own',
    C: 'deployed',
  });
  assert.deepEqual(chosen.notes, [
    { field: 'deploy', text: 'is left out: deploy as before, then run `gwproxy reload`' },
  ]);
  const none = one(app);
  assert.deepEqual(Object.fromEntries(none.variables.plain), { A: 'own', B: 'own' });
  assert.match(textsOf(none)[0] ?? '', /^env_production, env_test: not used, .*--pm2-env production/);
});

test('what is no map is no environment to choose', () => {
  const { apps } = read({ apps: [{ script: 'bot.js', env_file: '.env', env_test: {} }] });
  assert.deepEqual([...(apps[0]?.environments.keys() ?? [])], ['test']);
});

test('a field of an app that stands beside apps is said to belong into them', () => {
  const { notes } = converted({
    apps: [{ script: 'bot.js' }],
    restart_delay: 100,
    maxRestarts: 3,
    env_x: {},
    what: 1,
  });
  const where = 'is a field of an app and has no effect beside apps; left out: write it into each app';
  assert.deepEqual(notes, [
    { field: 'restart_delay', text: where },
    { field: 'maxRestarts', text: where },
    { field: 'env_x', text: where },
    { field: 'what', text: 'is not a field of pm2; left out' },
  ]);
});

test('secrets go to the env_file, objects become JSON, and unusable variables are reported', () => {
  const env = {
    NODE_ENV: 'x',
    SLACK_TOKEN: 't',
    DATABASE: 'postgres://u:p@h/d',
    LIMITS: { a: 1 },
    ON: true,
    'not a name': 'x',
    NUL: 'a\0b',
    HOME: '/home/ada',
    SHLVL: '1',
  };
  const { variables, notes } = one(
    { script: 'bot.py', env },
    machine({ files: [`${FOLDER}/bot.py`], env: { HOME: '/home/ada', SHLVL: '1' } }),
  );
  assert.deepEqual(Object.fromEntries(variables.plain), {
    PYTHONUNBUFFERED: '1',
    NODE_ENV: 'x',
    LIMITS: '{"a":1}',
    ON: 'true',
  });
  assert.deepEqual([...variables.secret.keys()], ['SLACK_TOKEN', 'DATABASE']);
  assert.deepEqual(
    notes.filter(({ field }) => field === 'env').map(({ text }) => text.split(' is left out')[0]),
    ['"not a name"', '"NUL"'],
  );
});

test('secrets are recognised by name or shape, also among the arguments', () => {
  const secret = {
    DB_PWD: 'x',
    GH_PAT: 'x',
    JWT: 'x',
    CHAT: 'xoxb-1-invented',
    CONNECT: 'Host=h;Password=x',
  };
  const plain = { MONKEY: 'x', AUTHOR: 'x', COMPASS: 'x' };
  const profile = one({
    script: 'bot.js',
    args: ['--chat', 'xoxb-1-invented'],
    env: { ...secret, ...plain },
  });
  assert.deepEqual(Object.fromEntries(profile.variables.secret), secret);
  assert.deepEqual(Object.fromEntries(profile.variables.plain), plain);
  assert.deepEqual(profile.command, ['node', 'bot.js', '--chat', 'xoxb-1-invented']);
  const texts = textsOf(profile).filter((text) => text.startsWith('args: '));
  assert.deepEqual(texts, [
    'args: one of them looks like a secret, which every user of this machine can read in the config and in `ps`: have the bot read it from a variable in an env_file, or at least chmod 600 the config',
  ]);
  assert.ok(!textsOf(one({ script: 'bot.js', args: ['--chat'] })).some((text) => text.startsWith('args: ')));
});

test("a dump: the shell's variables are separated, its noise is removed, default log files are not named", () => {
  const shell = { HOME: '/home/ada', PATH: '/bin', LANG: 'C', EXPORTED: 'yes', SHLVL: '1' };
  const env = {
    ...shell,
    SHLVL: '2',
    _: '/usr/bin/pm2',
    PM2_USAGE: 'CLI',
    TOKEN: 't',
    PORT: 3001,
    bot: '{}',
    OWN: '1',
  };
  const entry = {
    name: 'bot',
    pm_exec_path: BOT,
    pm_cwd: FOLDER,
    exec_interpreter: '/usr/bin/node',
    exec_mode: 'fork_mode',
    args: ['--x', 'a b'],
    pm_out_log_path: '/home/ada/.pm2/logs/bot-out-0.log',
    pm_err_log_path: '/var/log/bot-error.log',
    pm_pid_path: '/home/ada/.pm2/pids/bot-0.pid',
    env,
    ...env,
  };
  const other = { ...entry, name: 'other', env: { ...shell, SHLVL: '2' } };
  const { profiles } = converted(
    [entry, { ...entry, NODE_APP_INSTANCE: 1 }, other],
    machine({ files: [BOT], env: shell }),
  );
  const [profile, ...others] = profiles;
  assert.ok(profile !== undefined && others.length === 1);
  assert.deepEqual(profile.command, ['node', 'bot.js', '--x', 'a b']);
  assert.deepEqual(Object.fromEntries(profile.variables.plain), { OWN: '1' });
  assert.deepEqual(Object.fromEntries(profile.variables.secret), { TOKEN: 't' });
  assert.deepEqual(Object.fromEntries(profile.variables.shell), { EXPORTED: 'yes' });
  assert.equal(profile.port, 3001);
  assert.equal(profile.logFile, '/var/log/bot-error.log');
  assert.deepEqual(
    profile.notes.map(({ field }) => field),
    ['instances'],
  );
});

/** The environment of a dump's first app, converted in a shell that has none of its variables. */
function dumped(...envs: readonly Readonly<Record<string, string>>[]) {
  const { profiles } = converted(
    envs.map((env, index) => ({ name: `bot-${index}`, pm_exec_path: BOT, pm_cwd: FOLDER, env, ...env })),
  );
  const { plain, secret, shell } = profiles[0]?.variables ?? {};
  return [plain, secret, shell].map((map) => [...(map?.keys() ?? [])].sort());
}

test("a dump of several apps, read from another shell: variables common to all are the shell's", () => {
  const shell = { PATH: '/bin', EXPORTED: 'yes', LC_TIME: 'C', NODE_ENV: 'production' };
  assert.deepEqual(dumped({ ...shell, MODE: 'a', API_TOKEN: 'x' }, { ...shell, MODE: 'b' }), [
    ['MODE', 'NODE_ENV'],
    ['API_TOKEN'],
    ['EXPORTED', 'LC_TIME', 'PATH'],
  ]);
});

test("a dump of one app, read from another shell: only variables that are certainly the app's go into the config", () => {
  const env = { PATH: '/bin', EXPORTED: 'yes', MODE: 'a', NODE_ENV: 'production', PORT: '3001' };
  assert.deepEqual(dumped({ ...env, API_TOKEN: 'x' }), [
    ['NODE_ENV'],
    [],
    ['API_TOKEN', 'EXPORTED', 'MODE', 'PATH'],
  ]);
});

test('both streams go to one log file, and no two profiles share a file', () => {
  const first = one({ script: 'bot.js', out_file: './out.log', error_file: '~/error.log' });
  assert.equal(first.logFile, `${FOLDER}/out.log`);
  assert.match(
    textsOf(first).join('\n'),
    /^error_file: stdout and stderr both go to \/srv\/bots\/out\.log$/m,
  );
  const { profiles } = converted(['a', 'b'].map((name) => ({ name, script: 'bot.js', log: 'all.log' })));
  assert.deepEqual(
    profiles.map(({ logFile }) => logFile),
    [`${FOLDER}/all.log`, null],
  );
});
