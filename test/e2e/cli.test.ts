import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseReload } from '../../src/admin/reload-answer.ts';
import { controlSocketPath, stateFolder } from '../../src/state-folder.ts';
import { isAlive, runCli, startGwproxy } from '../support/cli.ts';
import { fixture, root } from '../support/root.ts';

const gateway = fixture('echo-gateway.mjs');
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-cli-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function config(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function bots(names: readonly string[], more = ''): string {
  const profiles = names.map(
    (name) =>
      `  ${name}:\n    command: [${process.execPath}, ${gateway}]\n    env: { BOT_NAME: ${name} }\n${more}`,
  );
  return `listen: 127.0.0.1:0\nprofile_paths: true\nprofiles:\n${profiles.join('')}`;
}

test('wrong usage exits with 2, help and version with 0', async () => {
  assert.equal((await runCli(['nothing'])).code, 2);
  assert.equal((await runCli(['status', '--nothing'])).code, 2);
  assert.equal((await runCli(['--help'])).code, 0);
  assert.match((await runCli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('--config is accepted before the command; two different ones are refused', async () => {
  const file = config('before.yaml', bots(['one']));
  const other = config('other.yaml', bots(['two']));
  const env = { GWPROXY_STATE_DIR: join(folder, 'before') };
  const notRunning = `no gwproxy runs on this config; start it with \`gwproxy up -c ${file}\`\n`;
  for (const args of [
    ['--config', file, 'status'],
    ['-c', file, 'down'],
    [`--config=${file}`, 'restart', 'one'],
    ['-c', file, 'status', '-c', file],
  ]) {
    const { code, stderr } = await runCli(args, env);
    assert.deepEqual([code, stderr], [69, notRunning], args.join(' '));
  }
  const twice = await runCli(['-c', file, 'status', '-c', other], env);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /--config is given twice, '.*before.yaml' before .* '.*other.yaml' after it/);
  for (const args of [
    ['-c', '', 'status'],
    ['status', '--config='],
  ]) {
    const { code, stderr } = await runCli(args, env);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /It is empty; name a file/);
  }
  const useless = await runCli(['-c', file, 'schema']);
  assert.deepEqual([useless.code, useless.stdout], [2, '']);
});

test('a config with mistakes exits with 78, lists all of them, and starts nothing', async () => {
  const file = config(
    'bad.yaml',
    'listen: 127.0.0.1:0\nprofiles:\n  a:\n    comand: x\n  b:\n    command: node x\n    start: never\n',
  );
  for (const verb of ['validate', 'up']) {
    const { code, stdout, stderr } = await runCli([verb, '-c', file], {
      GWPROXY_STATE_DIR: join(folder, 's'),
    });
    assert.equal(code, 78);
    assert.equal(stdout, '');
    assert.match(stderr, /bad\.yaml:4:5: unknown key 'comand'; did you mean 'command'\?/);
    assert.match(stderr, /bad\.yaml:7:12: .*\n {4}7 \| {5}start: never\n {6}\| {12}\^\n/);
  }
});

test('validate --json prints an invalid config’s problems as reload does', async () => {
  const file = config('bad-json.yaml', 'listen: 127.0.0.1:0\nprofiles:\n  a:\n    comand: x\n');
  const { code, stdout, stderr } = await runCli(['validate', '--json', '-c', file]);
  assert.equal(code, 78);
  const result = parseReload(JSON.parse(stdout));
  assert.ok(!result.ok && result.problems.length > 0);
  for (const problem of result.problems) assert.ok(stderr.includes(`${problem}\n`), problem);
  assert.match(stderr, /^\d+ problems? in the config$/m);
});

test('a missing config exits with 78 and says what to type', async () => {
  const { code, stderr } = await runCli(['up', '-c', join(folder, 'none.yaml')]);
  assert.equal(code, 78);
  assert.match(stderr, /there is no config file .*none\.yaml.*--config FILE/);
});

test('validate prints every profile and route, and no environment', async () => {
  const file = config(
    'good.yaml',
    bots(['one', 'two'], '    routes: [{ slack: { team: T0AAAAAAA1, app: [A0AAAAAAA1] } }]\n').replace(
      'T0AAAAAAA1, app: [A0AAAAAAA1]',
      'T0AAAAAAA2',
    ),
  );
  const text = await runCli(['validate', '-c', file], { SECRET: 'hush' });
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /2 profiles/);
  assert.match(text.stdout, /slack team T0AAAAAAA2 +-> {2}one/);
  assert.match(text.stdout, /path \/p\/two \(taken off\) +-> {2}two/);
  const json = await runCli(['validate', '--json', '-c', file]);
  const plan: unknown = JSON.parse(json.stdout);
  assert.ok(!JSON.stringify(plan).includes('BOT_NAME'));
});

test('validate names the profiles that profile_paths alone makes public, and stays valid', async () => {
  const file = config(
    'public.yaml',
    'profile_paths: true\nprofiles:\n  tunnel:\n    command: node x\n  bot:\n    command: node x\n    routes: [{ path: /bot }]\n',
  );
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await runCli(['validate', '-c', file, ...more]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes('tunnel'));
    const notices = stderr.split('\n').filter((line) => line.includes('profile_paths'));
    assert.deepEqual(notices, [
      'warning: tunnel: public at /p/tunnel/… by profile_paths alone, since it has no routes; write its routes, or listeners: { main: { paths: [] } } to keep it private',
    ]);
  }
});

test('schema prints a JSON Schema that knows the config’s keys', async () => {
  const { code, stdout } = await runCli(['schema']);
  assert.equal(code, 0);
  const schema: unknown = JSON.parse(stdout);
  assert.ok(typeof schema === 'object' && schema !== null && 'properties' in schema);
  assert.ok(JSON.stringify(schema).includes('profile_paths'));
});

test('commands that need a running gwproxy exit with 69 if none runs', async () => {
  const file = config('idle.yaml', bots(['one']));
  for (const args of [['status'], ['down'], ['restart', 'one']]) {
    const { code, stderr } = await runCli([...args, '-c', file], { GWPROXY_STATE_DIR: join(folder, 's') });
    assert.equal(code, 69);
    assert.equal(stderr, `no gwproxy runs on this config; start it with \`gwproxy up -c ${file}\`\n`);
  }
});

test('up, status, restart, stop, start and down, as an operator types them', async (t) => {
  const file = config('life.yaml', bots(['one', 'two']));
  const env = { GWPROXY_STATE_DIR: join(folder, 'life') };
  const gwproxy = await startGwproxy(t, file, env);
  await Promise.all([gwproxy.ready('one'), gwproxy.ready('two')]);

  const before = await gwproxy.status();
  assert.equal(before.pid, gwproxy.pid);
  assert.equal(`http://${before.listen}`, gwproxy.url);
  const [one, two] = before.profiles;
  assert.ok(one?.pid && two?.pid);
  assert.equal(one.state, 'ready');
  assert.ok((one.rss_bytes ?? 0) > 1_000_000);

  for (const name of ['status', 'ls', 'list']) {
    const table = await runCli([name, '-c', file], env);
    assert.match(table.stdout, new RegExp(`one +ready +${one.pid} `));
  }

  assert.equal((await runCli(['restart', 'one', '-c', file], env)).code, 0);
  const restarted = await gwproxy.status();
  assert.notEqual(restarted.profiles[0]?.pid, one.pid);
  assert.equal(restarted.profiles[1]?.pid, two.pid);
  assert.ok(!isAlive(one.pid));

  assert.equal((await runCli(['stop', 'one', '-c', file], env)).code, 0);
  assert.equal((await gwproxy.profile('one')).state, 'stopped');
  const answer = await fetch(`${gwproxy.url}/p/one/`);
  assert.equal(answer.status, 503);
  assert.ok(answer.headers.get('retry-after'));
  assert.equal((await runCli(['start', 'one', '-c', file], env)).code, 0);
  assert.equal((await fetch(`${gwproxy.url}/p/one/`)).status, 200);

  const again = await runCli(['up', '-c', file], env);
  assert.equal(again.code, 73);
  assert.match(again.stderr, /see `gwproxy status -c \S+`, or end it with `gwproxy down -c \S+`$/m);

  const last = await gwproxy.status();
  assert.equal((await runCli(['down', '-c', file], env)).code, 0);
  for (const profile of last.profiles) assert.ok(profile.pid !== null && !isAlive(profile.pid));
});

test('an unknown name among several is refused before any gateway is changed', async (t) => {
  const file = config('wrong-name.yaml', bots(['pybot', 'support-bot']));
  const env = { GWPROXY_STATE_DIR: join(folder, 'wrong-name') };
  const gwproxy = await startGwproxy(t, file, env);
  await Promise.all([gwproxy.ready('pybot'), gwproxy.ready('support-bot')]);
  const { pid } = await gwproxy.profile('pybot');
  for (const verb of [['start'], ['stop'], ['restart'], ['restart', '--rolling']]) {
    for (const [wrong, meant] of [
      ['PYBOT', 'pybot'],
      ['pybo', 'pybot'],
      ['Support Bot', 'support-bot'],
    ] as const) {
      const { code, stdout, stderr } = await runCli([...verb, '-c', file, 'pybot', wrong], env);
      assert.deepEqual([code, stdout], [2, '']);
      assert.equal(stderr, `there is no profile '${wrong}'; did you mean '${meant}'?\n`);
    }
  }
  const after = await gwproxy.profile('pybot');
  assert.deepEqual([after.pid, after.state], [pid, 'ready']);
});

test('a gwproxy whose control socket was removed is not started twice, and is reachable again', async (t) => {
  const file = config('removed.yaml', bots(['one']));
  const env = { GWPROXY_STATE_DIR: join(folder, 'removed') };
  const gwproxy = await startGwproxy(t, file, env);
  await gwproxy.ready('one');
  const { pid } = await gwproxy.profile('one');

  rmSync(controlSocketPath(stateFolder(file, env)));
  const again = await runCli(['up', '-c', file], env);
  assert.equal(again.code, 73, again.stderr);
  assert.match(again.stderr, new RegExp(`pid ${gwproxy.pid}\\b.*gwproxy down`));

  await gwproxy.waitFor('a new socket', ({ type }) => type === 'control.restored');
  assert.equal((await gwproxy.profile('one')).pid, pid);
});

test('a port in use exits with 70 and is named', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    const file = config('taken.yaml', bots(['one']).replace('127.0.0.1:0', `127.0.0.1:${address.port}`));
    const { code, stderr } = await runCli(['up', '-c', file], { GWPROXY_STATE_DIR: join(folder, 'taken') });
    assert.equal(code, 70);
    const holder = process.platform === 'linux' ? `node \\(pid ${process.pid}\\)` : 'another process';
    assert.match(
      stderr,
      new RegExp(
        `^the door cannot listen on 127\\.0\\.0\\.1:${address.port}: it is in use by ${holder}`,
        'm',
      ),
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('up with names starts only those, and refuses an unknown name', async (t) => {
  const file = config('names.yaml', bots(['one', 'two']));
  const wrong = await runCli(['up', 'tow', '-c', file], { GWPROXY_STATE_DIR: join(folder, 'names') });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean 'two'/);
  const gwproxy = await startGwproxy(t, file, { GWPROXY_STATE_DIR: join(folder, 'names') }, ['two']);
  await gwproxy.ready('two');
  assert.equal((await gwproxy.profile('one')).state, 'stopped');
});

test('up, exec and logs report a disabled profile as disabled', async () => {
  const file = config('off.yaml', bots(['one'], '    enabled: false\n'));
  for (const args of [
    ['up', 'one'],
    ['up', '-d', 'one'],
    ['exec', 'one', 'true'],
    ['logs', 'one'],
  ]) {
    const [verb = '', ...words] = args;
    const run = await runCli([verb, '-c', file, ...words], { GWPROXY_STATE_DIR: join(folder, 'off') });
    assert.deepEqual(run, {
      code: 2,
      stdout: '',
      stderr: "profile 'one' is disabled: it has enabled: false in the config\n",
    });
  }
});

test('an unusable state folder is reported in one line', async () => {
  const file = config('no-state.yaml', bots(['one']));
  const env = { GWPROXY_STATE_DIR: join(file, 'state') };
  for (const args of [['up'], ['up', '-d'], ['logs']]) {
    const { code, stderr } = await runCli([...args, '-c', file], env);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr, /^[^\n]*no-state\.yaml\/state\/[^\n]*ENOTDIR[^\n]*GWPROXY_STATE_DIR[^\n]*\n$/);
  }
  assert.equal((await runCli(['status', '-c', file], env)).code, 69);
});

test('a gwproxy that does not respond is reported with its pid and what to do', async (t) => {
  const file = config('hangs.yaml', bots(['one'], '    start: manual\n'));
  const env = { GWPROXY_STATE_DIR: join(folder, 'hangs') };
  const gwproxy = await startGwproxy(t, file, env);
  process.kill(gwproxy.pid, 'SIGSTOP');
  try {
    const asked = [['status'], ['start', 'one'], ['down']].map((args) => runCli([...args, '-c', file], env));
    const named = new RegExp(
      `^the gwproxy on this config \\(pid ${gwproxy.pid}\\) did not answer: .*kill -CONT ${gwproxy.pid}`,
    );
    for (const { code, stdout, stderr } of await Promise.all(asked)) {
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, process.platform === 'linux' ? named : /did not answer: .*kill -CONT/);
    }
    const { stdout } = await runCli(['doctor', '--json', '-c', file], env);
    const findings: unknown = JSON.parse(stdout);
    assert.ok(Array.isArray(findings));
    const state = findings.find(({ check }) => check === 'state');
    assert.match(
      state.what,
      /^a gwproxy runs on this config(?: \(pid \d+\))? and did not answer within 2 s$/,
    );
    assert.match(state.instead, /^kill -CONT .*, or kill -KILL/);
  } finally {
    process.kill(gwproxy.pid, 'SIGCONT');
  }
});

test('status --watch ends quietly when its reader closes the pipe', async (t) => {
  const file = config('watched.yaml', bots(['one'], '    start: manual\n'));
  const env = { GWPROXY_STATE_DIR: join(folder, 'watched') };
  await startGwproxy(t, file, env);
  const args = [join(root, 'dist', 'cli', 'main.js'), 'status', '--watch', '-c', file];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  assert.deepEqual([await once(child, 'close'), stderr], [[0, null], '']);
});

test('a second signal stops at once although a gateway is slow to stop', async (t) => {
  const file = config(
    'slow.yaml',
    `${bots(['one']).replace(gateway, fixture('deaf-gateway.mjs'))}    stop: { drain: 60s, grace: 60s }\n`,
  );
  const gwproxy = await startGwproxy(t, file, { GWPROXY_STATE_DIR: join(folder, 'slow') });
  await gwproxy.ready('one');
  const { pid } = await gwproxy.profile('one');
  process.kill(gwproxy.pid, 'SIGTERM');
  await gwproxy.waitFor(
    'the signal sent',
    (line) => line.type === 'gateway.state' && line.state === 'stopping',
  );
  assert.equal(await gwproxy.stop(), 0);
  assert.ok(pid !== null && !isAlive(pid));
});
