import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runChecks } from '../../../src/cli/doctor/checks.ts';
import { gatherSubject } from '../../../src/cli/doctor/subject.ts';
import { serviceNameOf } from '../../../src/cli/service/service-name.ts';
import { folder, type Written } from '../../config/folder.ts';
import { closedConnection, outgoingConnection } from '../../supervisor/ports/connections.ts';
import { listen } from '../../support/sockets.ts';

/** The faults of that config, a line each, with files relative to the folder. */
async function faults(
  t: TestContext,
  files: Written,
  prepare: (at: string) => Promise<void> = async () => {},
  more: NodeJS.ProcessEnv = {},
) {
  const at = await folder(t, { 'bot.js': '', ...files });
  await chmod(at, 0o755);
  await prepare(at);
  const env = { PATH: process.env['PATH'] ?? '', HOME: at, GWPROXY_STATE_DIR: join(at, 'state'), ...more };
  const subject = await gatherSubject(join(at, 'gwproxy.yaml'), env, 10_000);
  const { findings, skipped, late } = await runChecks(subject, 10_000);
  assert.equal(late, false);
  const lines = findings
    .filter(({ level, check }) => level !== 'ok' && check !== 'PID 1' && check !== 'logs')
    .map(({ level, check, where, what }) =>
      `${level} ${check}: ${where ?? '-'}: ${what}`.replaceAll(`${at}/`, ''),
    );
  return { lines, skipped, findings, at };
}

/** A config of one bot; it gets a route unless `fields` names routes. */
const config = (profile: string, settings = 'listen: 127.0.0.1:0\n') => {
  const routed = profile.includes('routes:') ? profile : profile.replace('{', '{ routes: [{ path: /bot }],');
  return { 'gwproxy.yaml': `${settings}profiles:\n  bot: ${routed}\n` };
};

test('a config without problems has no findings', async (t) => {
  const { lines, skipped } = await faults(t, config('{ command: node bot.js }'));
  assert.deepEqual(lines, []);
  assert.deepEqual(skipped, ['reach', 'running']);
});

test('an invalid config is one finding, and so is a missing one', async (t) => {
  const { lines, skipped } = await faults(t, config('{ comand: node bot.js }', 'listn: x\n'));
  assert.deepEqual(lines, ['error config: -: the config is invalid (2 problems)']);
  assert.ok(skipped.includes('ports') && !skipped.includes('state'));
  const none = await faults(t, {});
  assert.deepEqual(none.lines, ['error config: -: the config gwproxy.yaml does not exist or cannot be read']);
});

test('an unwritable spool folder is an error if deliveries may be spooled', async (t) => {
  const bot = (delivery: string) =>
    config(
      `{ command: node bot.js, routes: [{ slack: { team: T0AAAAAAA1 } }], verify: { slack: { signing_secret: "\${SECRET}" } }, delivery: ${delivery} }`,
      'listen: 127.0.0.1:0\n',
    );
  const noFolder = (at: string) => writeFile(join(at, 'state'), '');
  const { lines } = await faults(t, bot('spool'), noFolder, { SECRET: 'invented' });
  const state = 'error state: state: the state folder cannot be created: it is not a folder';
  assert.deepEqual(lines, ['error spool: state: spooled deliveries cannot be written: EACCES', state]);
  assert.deepEqual((await faults(t, bot('direct'), noFolder, { SECRET: 'invented' })).lines, [state]);
});

test('each warning of the config is a finding with its place', async (t) => {
  const { lines, findings } = await faults(
    t,
    config(
      '{ command: node bot.js, routes: [{ path: /bot }], listeners: { main: { port: 18701, host: 0.0.0.0 } } }',
    ),
  );
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^warn config: gwproxy\.yaml:\d+: listener 'main' on 0\.0\.0\.0 can be reached/,
  );
  assert.deepEqual(findings.map(({ instead }) => instead).filter(Boolean), []);
});

test('of very many warnings the rest is counted', async (t) => {
  const many = Array.from({ length: 25 }, (_, index) => {
    const listener = `{ main: { port: ${18_701 + index}, host: 0.0.0.0 } }`;
    return `  bot-${index}: { command: node bot.js, routes: [{ path: /bot-${index} }], listeners: ${listener} }\n`;
  });
  const text = `listen: 127.0.0.1:0\nprofiles:\n${many.join('')}`;
  const { lines, findings } = await faults(t, { 'gwproxy.yaml': text });
  assert.equal(lines.filter((line) => line.startsWith('warn config: ')).length, 21);
  const rest = findings.find(({ what }) => what === '5 more warnings about the config');
  assert.match(rest?.instead ?? '', /^run gwproxy validate -c /);
});

test('profiles that profile_paths alone makes public are one finding', async (t) => {
  const files = {
    'gwproxy.yaml': `listen: 127.0.0.1:0
profile_paths: true
profiles:
  bot: { command: node bot.js }
  other: { command: node bot.js }
  routed: { command: node bot.js, routes: [{ path: /routed }] }
  tunnel: { command: node bot.js, listeners: { metrics: { paths: [] } } }
`,
  };
  const { lines } = await faults(t, files);
  assert.deepEqual(lines, ['warn config: -: public at /p/<profile>/… by profile_paths alone: bot, other']);
});

test('a port that another program holds is an error that names the program', async (t) => {
  const door = await listen(t, createServer());
  const bot = await listen(t, createServer());
  const { lines } = await faults(
    t,
    config(`{ command: node bot.js, listeners: { main: { port: ${bot} } } }`, `listen: 127.0.0.1:${door}\n`),
  );
  const holder =
    process.platform === 'linux' ? `node (pid ${process.pid})` : 'someone (this system does not say)';
  assert.deepEqual(lines, [
    `error ports: -: the public port ${door} is in use by ${holder}`,
    `error ports: gwproxy.yaml:3: bot: port ${bot} (listener main) is in use by ${holder}`,
  ]);
});

if (process.platform === 'linux') {
  test("a port of another program's connection is an error, one that only the system keeps is a warning", async (t) => {
    const { port, peerPort } = await outgoingConnection(t);
    const own = (fixed: number) =>
      config(`{ command: node bot.js, listeners: { main: { port: ${fixed} } } }`);
    const taken = await faults(t, own(port));
    const where = `gwproxy.yaml:3: bot: port ${port} (listener main)`;
    assert.deepEqual(taken.lines, [
      `error ports: ${where} is in use by a connection of node (pid ${process.pid}) with 127.0.0.1:${peerPort}`,
    ]);
    const instead = taken.findings.find(({ check }) => check === 'ports')?.instead ?? '';
    assert.match(instead, /^choose a port outside \d+ to \d+, .*ip_local_port_range/);
    const { port: closing, finish } = await closedConnection(t);
    const { lines, findings } = await faults(t, own(closing));
    assert.match(
      lines.join(),
      /^warn ports: gwproxy\.yaml:3: bot: port \d+ \(listener main\) is not free yet: /,
    );
    assert.match(findings.find(({ check }) => check === 'ports')?.instead ?? '', /waits for it$/);
    finish();
    const free = await faults(t, own(closing));
    assert.match(free.lines.join(), /^warn ports: .* may be taken by an outgoing connection of any program/);
  });
}

test('commands in findings can be pasted: with the config if it is not the default, and paths quoted', async (t) => {
  const files = {
    ...config('{ command: node bot.js, env_file: sec rets/ä.env }'),
    'sec rets/ä.env': 'A=1\n',
  };
  const open = async (at: string) => {
    await chmod(join(at, 'sec rets'), 0o755);
    await chmod(join(at, 'sec rets', 'ä.env'), 0o644);
  };
  const { findings, at } = await faults(t, files, open);
  const secrets = findings.find(({ check }) => check === 'secrets');
  assert.equal(secrets?.instead, `chmod 600 '${at}/sec rets/ä.env'`);
  const none = await faults(t, {});
  const missing = none.findings.find(({ check }) => check === 'config');
  assert.match(
    missing?.instead ?? '',
    new RegExp(`write one with gwproxy init -c ${none.at}/gwproxy\\.yaml$`),
  );
});

test('a public address that does not belong to this machine is an error', async (t) => {
  const { lines } = await faults(t, config('{ command: node bot.js }', 'listen: 192.0.2.1:3978\n'));
  assert.deepEqual(lines, ['error ports: -: the public address 192.0.2.1 does not belong to this machine']);
});

test('a public port that this config’s socket unit holds is not reported', async (t) => {
  const port = await listen(t, createServer());
  const files = config('{ command: node bot.js }', `listen: 127.0.0.1:${port}\n`);
  const withUnit =
    (listens: number, before = '') =>
    async (at: string) => {
      const env = { GWPROXY_STATE_DIR: join(at, 'state') };
      const name = serviceNameOf(join(at, 'gwproxy.yaml'), env);
      const units = join(at, '.config', 'systemd', 'user');
      await mkdir(units, { recursive: true });
      await writeFile(
        join(units, `${name}.socket`),
        `[Socket]\n${before}ListenStream=127.0.0.1:${listens}\n`,
      );
    };
  assert.deepEqual((await faults(t, files, withUnit(port))).lines, []);
  for (const other of [withUnit(port + 1), withUnit(port, '# ')]) {
    const { lines } = await faults(t, files, other);
    assert.match(lines.join(), /^error ports: -: the public port \d+ is in use by/);
  }
});

test('a missing script and an unknown user are errors', async (t) => {
  const { lines } = await faults(t, config('{ command: node gone.js, user: nobody-of-that-name }'));
  const identity =
    process.getuid?.() === 0
      ? "bot: user 'nobody-of-that-name' is unknown"
      : 'bot: only root can run a gateway as another user or group';
  assert.deepEqual(lines, [
    'error commands: gwproxy.yaml:3: bot: the script gone.js does not exist',
    `error commands: gwproxy.yaml:3: ${identity}`,
  ]);
});

test('a program with a missing interpreter is an error', async (t) => {
  const script = '#!/old/venv/bin/python3\n';
  const { lines } = await faults(t, { ...config('{ command: ./vb.sh }'), 'vb.sh': script });
  assert.deepEqual(lines, [
    'error commands: gwproxy.yaml:3: bot: ./vb.sh needs /old/venv/bin/python3, which is not there',
  ]);
  const onPath = await faults(t, {
    ...config('{ command: vb.sh, env: { PATH: bin } }'),
    'bin/vb.sh': script,
  });
  assert.match(onPath.lines.join(), /: bot: bin\/vb\.sh needs \/old\/venv\/bin\/python3/);
});

test('secrets that other users can read or change are reported', async (t) => {
  const files = {
    ...config('{ command: node bot.js, env_file: a.env, env: { API_TOKEN: not-a-secret } }'),
    'a.env': 'A=1\n',
  };
  const open = async (at: string) => {
    await chmod(join(at, 'a.env'), 0o604);
    await chmod(join(at, 'gwproxy.yaml'), 0o644);
  };
  const shown = (await faults(t, files, open)).lines;
  assert.deepEqual(shown, [
    'warn secrets: gwproxy.yaml:3: this line looks like a secret, and every user of this machine can read it',
    'warn secrets: a.env: every user of this machine can read it',
  ]);
  const changeable = await faults(t, files, async (at) => {
    await chmod(join(at, 'gwproxy.yaml'), 0o602);
    await chmod(join(at, 'a.env'), 0o600);
  });
  assert.deepEqual(changeable.lines, [
    'error secrets: gwproxy.yaml: every user of this machine can change it',
  ]);
  const closed = await faults(t, files, async (at) => {
    await open(at);
    await chmod(at, 0o700);
  });
  assert.deepEqual(closed.lines, []);
});

test('a state folder that others can enter, or whose path is too long for a socket, is an error', async (t) => {
  const files = config('{ command: node bot.js }');
  const open = await faults(t, files);
  assert.deepEqual(open.lines, []);
  const subject = await gatherSubject(
    join(open.at, 'gwproxy.yaml'),
    { HOME: open.at, GWPROXY_STATE_DIR: join(open.at, 's') },
    5000,
  );
  await mkdir(subject.stateFolder ?? '', { recursive: true });
  await chmod(subject.stateFolder ?? '', 0o755);
  const { findings } = await runChecks(subject, 5000);
  assert.deepEqual(
    findings.filter(({ check, level }) => check === 'secrets' && level === 'error').map(({ where }) => where),
    [subject.stateFolder],
  );
  const long = await faults(t, files, undefined, { GWPROXY_STATE_DIR: `/tmp/${'long'.repeat(30)}` });
  assert.match(
    long.lines[0] ?? '',
    /^error state: .*: the state folder's path is too long for a control socket$/,
  );
});

test('a state folder that cannot be written or is a file is an error', async (t) => {
  const files = config('{ command: node bot.js }');
  const { at } = await faults(t, files);
  const examined = async (state: string) => {
    const env = { HOME: at, GWPROXY_STATE_DIR: state };
    const subject = await gatherSubject(join(at, 'gwproxy.yaml'), env, 5000);
    const { findings } = await runChecks(subject, 5000);
    return findings.find(({ check }) => check === 'state');
  };
  if (process.platform === 'linux') {
    // Not even root can create a folder there.
    const closed = await examined('/proc/nowhere/state');
    assert.deepEqual([closed?.level, closed?.where], ['error', '/proc']);
    assert.match(closed?.what ?? '', /^the state folder cannot be created: E[A-Z]+$/);
    assert.match(closed?.instead ?? '', /GWPROXY_STATE_DIR/);
  }
  const { stateFolder } = await gatherSubject(
    join(at, 'gwproxy.yaml'),
    { GWPROXY_STATE_DIR: join(at, 's') },
    5000,
  );
  assert.ok(stateFolder !== null);
  await mkdir(dirname(stateFolder));
  await writeFile(stateFolder, '');
  const file = await examined(join(at, 's'));
  assert.deepEqual([file?.level, file?.where], ['error', stateFolder]);
  assert.equal(file?.what, 'the state folder is not a folder');
});

test('a check that fails is a finding, and the others go on', async (t) => {
  const { at } = await faults(t, config('{ command: node bot.js }'));
  const env = { HOME: at, GWPROXY_STATE_DIR: join(at, 'state') };
  const subject = await gatherSubject(join(at, 'gwproxy.yaml'), env, 5000);
  const folderOfThatName = join(at, 'folder.yaml');
  await mkdir(folderOfThatName, { mode: 0o755 });
  const loaded = subject.loaded === null ? null : { ...subject.loaded, files: [folderOfThatName] };
  const { findings } = await runChecks({ ...subject, loaded }, 5000);
  const secrets = findings.find(({ check }) => check === 'secrets');
  assert.equal(secrets?.level, 'warn');
  assert.match(secrets?.what ?? '', /^secrets: the check failed: EISDIR/);
  assert.ok(findings.some(({ check, level }) => check === 'config' && level === 'ok'));
});

test('a dump of pm2 without apps is fine, one that cannot be read is a finding', async (t) => {
  const dumped = async (text: string) => {
    const files = { ...config('{ command: node bot.js }'), 'pm2/dump.pm2': text };
    const { at } = await faults(t, files);
    const env = { HOME: at, GWPROXY_STATE_DIR: join(at, 'state'), PM2_HOME: join(at, 'pm2') };
    const subject = await gatherSubject(join(at, 'gwproxy.yaml'), env, 5000);
    const { findings } = await runChecks(subject, 5000);
    return findings
      .filter(({ check }) => check === 'pm2')
      .map(({ level, what }) => `${level} ${what.replace(`${at}/`, '')}`);
  };
  assert.deepEqual(await dumped('[]'), ['ok no problems found']);
  assert.deepEqual(await dumped('7'), [
    "warn what pm2 would start at boot is unknown: pm2/dump.pm2: it is not a pm2 file: pm2 takes an object with 'apps', a list of apps, or one app",
  ]);
});

test('a check that never ends is abandoned after its time limit', async (t) => {
  const { at } = await faults(t, config('{ command: node bot.js }'));
  const subject = await gatherSubject(
    join(at, 'gwproxy.yaml'),
    { HOME: at, GWPROXY_STATE_DIR: join(at, 'state') },
    5000,
  );
  const { late, findings } = await runChecks(subject, 0);
  assert.equal(late, true);
  assert.match(
    findings.find(({ check }) => check === 'secrets')?.what ?? '',
    /^secrets: the check failed: no answer within 0 s/,
  );
});
