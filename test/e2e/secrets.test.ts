import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../supervisor/processes.ts';
import { isAlive, runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';
import { slackEvent } from '../support/senders.ts';
import { temporaryFolder } from '../support/sockets.ts';

// Secrets from files of their own, at the built command line.

/** Starts gwproxy in a state folder that the test knows. */
async function start(t: TestContext, profile: string, files: Readonly<Record<string, string>>) {
  const at = await temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
  const file = join(at, 'gwproxy.yaml');
  await writeFile(file, `listen: 127.0.0.1:0\nprofiles:\n  a:\n${profile}`);
  const env = { GWPROXY_STATE_DIR: await temporaryFolder(t) };
  const gwproxy = await startGwproxy(t, file, env);
  await gwproxy.ready('a');
  return { at, file, gwproxy, run: (...args: readonly string[]) => runCli([...args, '-c', file], env) };
}

async function botName(url: string): Promise<unknown> {
  const seen: { readonly bot?: unknown } = JSON.parse((await curl(url, { target: '/a' })).text);
  return seen.bot;
}

test('a changed file of a variable waits for a reload and restarts the gateway; that of verify applies at once', async (t) => {
  const { at, gwproxy, run } = await start(
    t,
    `    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: { file: name } }
    routes: [{ path: /a }, { slack: { team: T0AAAAAAA1 } }]
    verify: { slack: { signing_secret: { file: slack } } }
`,
    { name: 'first-invented-secret\n', slack: 'old-invented-secret\n' },
  );
  assert.equal(await botName(gwproxy.url), 'first-invented-secret');
  const event = async (secret: string) => {
    const sending = slackEvent({ secret, team: 'T0AAAAAAA1', app: 'A0AAAAAAA1', text: 'hi' });
    return (await curl(gwproxy.url, { target: sending.path, ...sending })).status;
  };
  assert.deepEqual([await event('old-invented-secret'), await event('new-invented-secret')], [200, 401]);

  await writeFile(join(at, 'slack'), 'new-invented-secret\n');
  await gwproxy.waitFor('applied', (line) => line.type === 'config.applied');
  assert.deepEqual([await event('old-invented-secret'), await event('new-invented-secret')], [401, 200]);

  await writeFile(join(at, 'name'), 'second-invented-secret\n');
  await gwproxy.waitFor('pending', (line) => line.type === 'config.pending');
  assert.deepEqual((await gwproxy.status()).config_pending, ['a: restarts (env.BOT_NAME)']);
  assert.equal((await run('reload')).stdout, 'a: restarts (env.BOT_NAME)\n');
  await gwproxy.ready('a', 2);
  assert.equal(await botName(gwproxy.url), 'second-invented-secret');
  for (const args of [
    ['status', '--json'],
    ['validate'],
    ['validate', '--json'],
    ['doctor', '--json'],
    ['urls'],
  ]) {
    const { stdout, stderr } = await run(...args);
    assert.doesNotMatch(stdout + stderr, /invented-secret/, args.join(' '));
  }
});

test('doctor names a secret that every user can read', async (t) => {
  const at = await temporaryFolder(t);
  const file = join(at, 'gwproxy.yaml');
  await writeFile(join(at, 'name'), 'invented', { mode: 0o644 });
  await writeFile(
    file,
    `profiles:\n  a: { command: [${process.execPath}], env: { X: { file: name } }, routes: [{ path: /a }] }\n`,
  );
  const { stdout } = await runCli(['doctor', '--json', '-c', file]);
  // The folder of the test is its user's alone, so that nobody can reach the file.
  assert.doesNotMatch(stdout, /every user of this machine can read it/);
  await chmod(at, 0o755);
  const found = await runCli(['doctor', '--json', '-c', file]);
  assert.match(found.stdout, /every user of this machine can read it/);
  assert.match(found.stdout, /chmod 600 [^"]*name/);
});

/** Counts its runs in `runs`, says what it must not say to its stderr, and goes on as `then` says. */
function printer(then: string): string {
  return `#!/bin/sh\necho run >> "$(dirname "$0")/runs"\n${then}\n`;
}

function runs(at: string): number {
  return readFileSync(join(at, 'runs'), 'utf8').split('\n').length - 1;
}

test('an env_command gives a gateway its variables, once a start, below env and above env_file', async (t) => {
  const at = await temporaryFolder(t);
  const script = join(at, 'print.sh');
  await writeFile(
    script,
    printer(
      'echo hush-invented >&2; echo "BOT_NAME=printed-$FROM_FILE"; echo KEPT=printed; echo FROM_FILE=printed',
    ),
    { mode: 0o755 },
  );
  const { gwproxy, run } = await start(
    t,
    `    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env_file: a.env
    env: { KEPT: own }
    env_command: [${script}]
    routes: [{ path: /a }]
`,
    { 'a.env': 'FROM_FILE=invented\nBOT_NAME=file\n' },
  );
  assert.equal(await botName(gwproxy.url), 'printed-invented');
  assert.equal(runs(at), 1);
  for (const args of [
    ['validate'],
    ['validate', '--json'],
    ['doctor', '--json'],
    ['status', '--json'],
    ['urls'],
  ]) {
    const { stdout, stderr } = await run(...args);
    assert.doesNotMatch(stdout + stderr, /printed-|hush-invented/, args.join(' '));
  }
  assert.equal(runs(at), 1);
  const { pid } = await gwproxy.profile('a');
  await run('restart', 'a');
  await gwproxy.ready('a', 2);
  assert.notEqual((await gwproxy.profile('a')).pid, pid);
  assert.equal(runs(at), 2);
  assert.doesNotMatch(JSON.stringify(gwproxy.output('a')), /hush-invented|KEPT/);
});

test('exec runs the env_command too', async (t) => {
  const at = await temporaryFolder(t);
  const file = join(at, 'gwproxy.yaml');
  const config = (script: string) =>
    `profiles:\n  a: { command: [${process.execPath}], env: { B: own }, env_command: [sh, -c, '${script}'], routes: [{ path: /a }] }\n`;
  await writeFile(file, config('echo A=printed; echo B=printed'));
  const got = await runCli(['exec', '-c', file, 'a', '--', 'sh', '-c', 'echo $A $B']);
  assert.deepEqual([got.code, got.stdout], [0, 'printed own\n']);
  await writeFile(file, config('echo A=hush; echo "error: sealed" >&2; exit 3'));
  const failed = await runCli(['exec', '-c', file, 'a', '--', 'true']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /its env_command ended with exit code 3: error: sealed/);
  assert.doesNotMatch(failed.stderr, /hush/);
});

test('a start whose env_command fails has failed, is tried again, and says why', async (t) => {
  const at = await temporaryFolder(t);
  const script = join(at, 'print.sh');
  await writeFile(
    script,
    printer(
      `[ -e "${at}/open" ] && echo BOT_NAME=open || { echo X=hush-invented; echo "error: sealed" >&2; exit 5; }`,
    ),
    { mode: 0o755 },
  );
  const file = join(at, 'gwproxy.yaml');
  await writeFile(
    file,
    `listen: 127.0.0.1:0
profiles:
  a:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env_command: [${script}]
    restart: { min: 50ms, max: 100ms }
    routes: [{ path: /a }]
`,
  );
  const gwproxy = await startGwproxy(t, file);
  const line = await gwproxy.waitFor(
    'backoff',
    (each) => each.type === 'gateway.state' && each.state === 'backoff',
  );
  assert.match(JSON.stringify(line), /its env_command ended with exit code 5: error: sealed/);
  assert.match((await gwproxy.profile('a')).last_error ?? '', /exit code 5: error: sealed/);
  await writeFile(join(at, 'open'), '');
  await gwproxy.ready('a');
  assert.equal(await botName(gwproxy.url), 'open');
  assert.ok(runs(at) >= 2);
});

test('an env_command that hangs is ended with its gateway, and by a SIGKILL of gwproxy', async (t) => {
  const at = await temporaryFolder(t);
  const script = join(at, 'print.sh');
  await writeFile(
    script,
    `#!/bin/sh\necho $$ > ${at}/pid.new; mv ${at}/pid.new ${at}/pid; exec sleep 1000\n`,
    { mode: 0o755 },
  );
  const file = join(at, 'gwproxy.yaml');
  await writeFile(
    file,
    `listen: 127.0.0.1:0\nprofiles:\n  a: { command: [${process.execPath}, ${fixture('echo-gateway.mjs')}], env: { BOT_NAME: a }, env_command: [${script}], routes: [{ path: /a }] }\n`,
  );
  const env = { GWPROXY_STATE_DIR: await temporaryFolder(t) };
  const gwproxy = await startGwproxy(t, file, env);
  const first = await pidIn(join(at, 'pid'));
  assert.ok(isAlive(first));
  const began = performance.now();
  assert.equal((await runCli(['stop', 'a', '-c', file], env)).code, 0);
  // Not only at its own bound, which is 30 s.
  assert.ok(performance.now() - began < 20_000);
  assert.equal(isAlive(first), false);
  assert.equal((await gwproxy.profile('a')).state, 'stopped');

  await rm(join(at, 'pid'));
  const starting = runCli(['start', 'a', '-c', file], env);
  const second = await pidIn(join(at, 'pid'));
  process.kill(gwproxy.pid, 'SIGKILL');
  await starting;
  await until('the env_command ends with gwproxy', () => !isAlive(second), 30_000);
});

async function pidIn(file: string): Promise<number> {
  const pid = (): number => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
  await until('its pid is written', () => pid() > 0, 30_000);
  return pid();
}
