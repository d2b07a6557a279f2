// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../../src/admin/status.ts';
import { type Finding, findingsText } from '../../../src/cli/doctor/finding.ts';
import { spaceFault } from '../../../src/cli/doctor/folder-findings.ts';
import { type Command, isSame, pm2Faults } from '../../../src/cli/doctor/pm2-findings.ts';
import { type Pm2App, parsePs } from '../../../src/cli/doctor/pm2-processes.ts';
import { refusedFault } from '../../../src/cli/doctor/port-findings.ts';
import { scriptIn } from '../../../src/cli/doctor/program-findings.ts';
import { openAt } from '../../../src/cli/doctor/reach-findings.ts';
import { runningFaults } from '../../../src/cli/doctor/running-findings.ts';
import { secretLine } from '../../../src/cli/doctor/secret-findings.ts';
import { descriptorFault, initFault } from '../../../src/cli/doctor/system-findings.ts';

test('errors come last, each finding on short lines', () => {
  const finding = (level: Finding['level'], what: string, where: string | null = null): Finding => ({
    level,
    check: `check of ${what}`,
    what,
    where,
    instead: level === 'ok' ? null : 'do this',
  });
  const all = [finding('error', 'bad', 'gwproxy.yaml:3'), finding('ok', 'fine'), finding('warn', 'odd')];
  assert.equal(
    findingsText(all, ['ports', 'pm2']),
    `ok    check of fine
skip  ports, pm2

warn  odd
   -> do this

ERROR gwproxy.yaml:3:
      bad
   -> do this

1 error, 1 warning`,
  );
  assert.match(findingsText([finding('ok', 'fine')]), /no problems found$/);
});

const WORDS: readonly (readonly [string, readonly (string | null)[], string | null])[] = [
  ['a script of Node', ['node', 'bot.js', 'x.js'], 'bot.js'],
  ['a script of a Python with a path', ['/opt/bin/python3.11', '/srv/bot.py'], '/srv/bot.py'],
  ['none after an option, which may take it as its value', ['node', '--require', 'x.js', 'bot.js'], null],
  ['none after the option -c', ['bash', '-c', 'x.sh'], null],
  ['none of another program', ['hermes', 'bot.js'], null],
  ['none if the word holds a port', ['node', null], null],
];
for (const [name, words, script] of WORDS) {
  test(`the script is found in a command: ${name}`, () => assert.equal(scriptIn(words), script));
}

test('a secret in a config is found by its name; a ${NAME} is not a secret', () => {
  const text = [
    'env:',
    '  API_TOKEN: "${API_TOKEN}"',
    '  MODE: production',
    '  slack_secret: abcdef0123',
    '',
  ].join('\n');
  assert.equal(secretLine(text), 4);
  assert.equal(secretLine('env:\n  DB_PWD: invented\n'), 2);
  assert.equal(secretLine('a: 1\nenv: { CHAT: xoxb-1-invented }\n'), 2);
  assert.equal(secretLine('command: [node, bot.js, --db, "postgres://bot:invented@127.0.0.1/b"]\n'), 1);
  assert.equal(
    secretLine('MONKEY: longer\nAUTHOR: longer\nDB: "postgres://bot:${DB_PWD}@127.0.0.1/b"\n'),
    null,
  );
  assert.equal(secretLine('verify: { discord: { public_key: 0123456789abcdef } }\n'), null);
  assert.equal(secretLine('env: {}\n# TOKEN: abcdef0123\nsecret_token: "${X}"\nTOKENS: true\n'), null);
});

test('a disk with too little room for the logs is reported', () => {
  const MIB = 1024 ** 2;
  const logs = {
    name: 'logs',
    maxBytes: 400 * MIB,
    consequence: 'log lines will be lost',
    ifUnwritable: 'change logs.folder',
    ifTooSmall: 'lower logs.keep',
  };
  assert.deepEqual(spaceFault(500 * MIB, logs, '/logs'), []);
  assert.deepEqual(spaceFault(300.5 * MIB, logs, '/logs')[0], {
    level: 'warn',
    what: '300 MiB are free on its disk; logs may take 400 MiB',
    where: '/logs',
    instead: 'free some space, or lower logs.keep',
  });
  assert.deepEqual(spaceFault(MIB, { ...logs, maxBytes: 0 }, '/logs')[0], {
    level: 'error',
    what: '1 MiB are free on its disk',
    where: '/logs',
    instead: 'free some space: log lines will be lost',
  });
});

test('a limit on open files below what the connections need is reported', () => {
  const limits = (hard: string) =>
    `Limit Soft Limit Hard Limit Units\nMax open files            1024      ${hard}      files\n`;
  assert.deepEqual(descriptorFault(limits('1048576'), 4096, 4), []);
  assert.deepEqual(descriptorFault(limits('unlimited'), 4096, 4), []);
  const [fault] = descriptorFault(limits('4096'), 4096, 4);
  assert.equal(fault?.level, 'warn');
  assert.equal(fault?.what, 'gwproxy may open 4096 files, but limits.connections 4096 needs 8352');
  assert.match(fault?.instead ?? '', /limits: \{ connections: 1968 \}/);
  assert.equal(descriptorFault(limits('200'), 4096, 4)[0]?.level, 'error');
});

test('a PID 1 that does not reap orphans is reported', () => {
  for (const words of [
    ['node', 'dist/cli/main.js'],
    ['/usr/local/bin/node', 'x'],
    ['npm exec gwproxy'],
    ['/app/gwproxy', 'up'],
  ]) {
    assert.equal(initFault(words).length, 1, words.join(' '));
  }
  for (const words of [['/sbin/init'], ['/usr/bin/tini', '--', 'sh'], ['bash'], ['']]) {
    assert.deepEqual(initFault(words), []);
  }
});

test('a public port on which this user may not listen is reported', () => {
  const door = { host: '127.0.0.1', port: 443 };
  assert.deepEqual(refusedFault('EACCES', door, ' -c o.yaml'), {
    level: 'error',
    what: 'this user may not listen on the public port 443',
    where: null,
    instead:
      'point a tunnel or a TLS proxy to a port from 1024 on, or `gwproxy service install --system --socket -c o.yaml`, or `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=443`',
  });
  assert.equal(
    refusedFault('EADDRNOTAVAIL', { host: '192.0.2.1', port: 80 }, '')?.what,
    'the public address 192.0.2.1 does not belong to this machine',
  );
  for (const code of [null, 'EADDRINUSE']) assert.equal(refusedFault(code, door, ''), null);
});

test('a socket on every address can be reached without gwproxy', () => {
  const at = (local: string) => [{ local, inode: '1', uid: '0' }];
  assert.equal(openAt(at('0.0.0.0')), true);
  assert.equal(openAt(at('::')), true);
  assert.equal(openAt(at('127.0.0.1')), false);
  assert.equal(openAt([]), false);
});

test('a running gwproxy of another version or with unhealthy gateways is reported with the next command', () => {
  const profile = (
    name: string,
    state: 'ready' | 'failed' | 'backoff' | 'starting',
    reason: string | null,
    restarts = 0,
  ): Status['profiles'][number] => ({
    name,
    state,
    last_error: reason,
    pid: null,
    uptime_s: null,
    restarts,
    desired: 'up',
    generation: 1,
    last_exit: null,
    schedule: null,
    next_start_at: null,
    restart_requested: false,
    listeners: [],
    rss_bytes: null,
    in_flight: 0,
    held: 0,
    requests: 0,
    broken_reuse: 0,
    spooled: 0,
    dead: 0,
    lost: 0,
    dropped_lines: 0,
  });
  const status: Status = {
    version: '1.0.0',
    pid: 1,
    listen: '127.0.0.1:3978',
    uptime_s: 1,
    profiles: [
      profile('a', 'ready', null),
      profile('b', 'failed', 'gave up'),
      profile('c', 'backoff', null),
      profile('d', 'starting', 'no listener was ready within 60s', 3),
      profile('e', 'starting', null),
    ],
    config_error: 'gwproxy.yaml:1:1: broken',
    config_pending: ['a: its command'],
    failing_logs: [],
    spool_error: null,
    spool_unreadable: 0,
    orphaned: {},
  };
  assert.deepEqual(runningFaults(status, '1.1.0', ' -c o.yaml'), [
    {
      level: 'warn',
      what: 'gwproxy 1.0.0 runs, but 1.1.0 is installed',
      where: null,
      instead: 'gwproxy down -c o.yaml, then gwproxy up -c o.yaml',
    },
    {
      level: 'warn',
      what: 'not healthy: b (failed), c (backoff), d (starting)',
      where: null,
      instead: 'run gwproxy status -c o.yaml, then gwproxy logs PROFILE -c o.yaml',
    },
  ]);
  assert.deepEqual(runningFaults({ ...status, profiles: status.profiles.slice(0, 1) }, '1.0.0', ''), []);
});

const command = (given: Partial<Command> & { readonly argv: readonly (string | null)[] }): Command => ({
  profile: 'bot',
  cwd: '/srv',
  words: given.argv.map((text) => ({ text, file: text?.startsWith('/') ? text : null })),
  ...given,
});
const app = (given: Partial<Pm2App>): Pm2App => ({
  pid: 7,
  name: 'bot',
  script: '/srv/bot.js',
  args: [],
  cwd: '/srv',
  pm2Home: '/home/ada/.pm2',
  ...given,
});

const PAIRS: readonly (readonly [string, Command, Pm2App, boolean])[] = [
  ['a script', command({ argv: ['node', '/srv/bot.js'] }), app({}), true],
  [
    'a compiled program',
    command({ argv: ['/opt/hermes', 'run'] }),
    app({ script: '/opt/hermes', args: ['run'] }),
    true,
  ],
  ['another script', command({ argv: ['node', '/srv/other.js'] }), app({}), false],
  ['a script in another folder', command({ argv: ['node', '/srv/bot.js'], cwd: '/other' }), app({}), false],
  [
    'equal arguments in different folders',
    command({ argv: ['node', '/srv/bot.js', '-p', 'a'], cwd: '/o' }),
    app({ args: ['-p', 'a'] }),
    true,
  ],
  [
    'other arguments',
    command({ argv: ['node', '/srv/bot.js', '-p', 'a'] }),
    app({ args: ['-p', 'b'] }),
    false,
  ],
  [
    'one more argument',
    command({ argv: ['node', '/srv/bot.js', '-p', 'a', '-q'] }),
    app({ args: ['-p', 'a'] }),
    true,
  ],
  ['arguments on one side only', command({ argv: ['node', '/srv/bot.js', '-p'] }), app({}), false],
  [
    'arguments with a port',
    command({ argv: ['node', '/srv/bot.js', null] }),
    app({ args: ['--port=1'] }),
    true,
  ],
  ['arguments that pm2 hides', command({ argv: ['node', '/srv/bot.js', '-p'] }), app({ args: null }), true],
  [
    'hidden arguments in another folder',
    command({ argv: ['node', '/srv/bot.js'], cwd: '/o' }),
    app({ args: null }),
    false,
  ],
];
for (const [name, own, other, same] of PAIRS) {
  test(`a profile and an app of pm2 are compared by their commands: ${name}`, () =>
    assert.equal(isSame(own, other), same));
}

const SCRIPT = ['node', '/srv/bot.js'];
const FIRST_AND_SECOND = ['first', 'second-bot'].map((profile) => command({ profile, argv: SCRIPT }));
const HOME = '/home/ada/.pm2';

test('all apps that pm2 still runs of a config are one finding, with one command that removes them', () => {
  const commands = [...FIRST_AND_SECOND, command({ profile: 'wide', argv: ['node', '/srv/wide.js'] })];
  const wide = { name: 'wide', script: '/srv/wide.js' };
  const faults = pm2Faults(
    commands,
    [app({ name: 'Second Bot' }), app({ ...wide }), app({ ...wide, pid: 8 }), app({ name: 'first' })],
    [
      { pm2Home: HOME, name: null, port: 4604, profile: 'wide' },
      { pm2Home: HOME, name: 'Second Bot', port: 4602, profile: 'second-bot' },
    ],
    HOME,
  );
  assert.deepEqual(faults, [
    {
      level: 'error',
      what: "pm2 still runs apps that this config runs too, or holds their ports: first, second-bot (in pm2 'Second Bot'), wide",
      where: null,
      instead: "pm2 delete first; pm2 delete 'Second Bot'; pm2 delete wide; pm2 save --force",
    },
  ]);
});

test('an app of pm2 that only holds a port of the config is part of that finding', () => {
  const ports = [
    { pm2Home: HOME, name: 'other', port: 4601, profile: 'first' },
    { pm2Home: HOME, name: 'web', port: 3978, profile: null },
  ];
  const [fault, ...more] = pm2Faults(FIRST_AND_SECOND, [], ports, HOME);
  assert.deepEqual(more, []);
  assert.equal(
    fault?.what,
    "pm2 still runs apps that this config runs too, or holds their ports: port 4601 of first (in pm2 'other'), the public port 3978 (in pm2 'web')",
  );
  assert.equal(fault?.instead, 'pm2 delete other; pm2 delete web; pm2 save --force');
});

test('the command addresses the daemon that runs the app, and uses ids where pm2 would misread a name', () => {
  const instead = (other: Partial<Pm2App>) => pm2Faults(FIRST_AND_SECOND, [app(other)], [], HOME)[0]?.instead;
  assert.equal(instead({ pm2Home: '/o' }), 'PM2_HOME=/o pm2 delete bot; PM2_HOME=/o pm2 save --force');
  const byId = "as pm2's user: pm2 ls, then pm2 delete ID for each; pm2 save --force";
  assert.equal(instead({ name: 'all' }), byId);
  assert.equal(instead({ name: null }), byId);
});

test('apps that pm2 would only start at boot are a warning of their own', () => {
  const stopped = [app({ pid: null, name: 'first' }), app({ pid: null, name: 'second-bot' })];
  assert.deepEqual(pm2Faults(FIRST_AND_SECOND, stopped, [], HOME), [
    {
      level: 'warn',
      what: 'pm2 would start apps at boot that this config runs too: first, second-bot',
      where: null,
      instead: 'pm2 save --force once pm2 runs none of these apps, or pm2 unstartup',
    },
  ]);
});

test('the output of ps is parsed', () => {
  assert.deepEqual(
    parsePs('    1     0 /sbin/launchd\n   71     1 PM2 v7.0.4: God Daemon (/Users/ada/.pm2)\n\n'),
    [
      { pid: 1, parent: 0, title: '/sbin/launchd' },
      { pid: 71, parent: 1, title: 'PM2 v7.0.4: God Daemon (/Users/ada/.pm2)' },
    ],
  );
});
