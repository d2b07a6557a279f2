import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { createLogFiles, type LogFiles } from '../../src/logs/log-files.ts';
import { logsFolder } from '../../src/logs/log-index.ts';
import { stateFolder } from '../../src/state-folder.ts';
import { POLICY } from '../logs/support.ts';
import { runCli } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

interface Scene {
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  run(size?: number): LogFiles;
  logs(...args: string[]): ReturnType<typeof runCli>;
}

/** A config, with functions to run a gwproxy on it and to read its logs. */
async function scene(t: TestContext): Promise<Scene> {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(config, 'profiles:\n  inbox: { command: sleep 1 }\n  standup: { command: sleep 1 }\n');
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  return {
    config,
    env,
    run(size = POLICY.size) {
      const files = createLogFiles({
        policy: { ...POLICY, size },
        profiles: ['inbox', 'standup'].map((name) => ({ name, logFile: null })),
        folder: logsFolder(stateFolder(config, env)),
        report: () => {},
      });
      t.after(() => files.close());
      return files;
    },
    logs: (...args) => runCli(['logs', '-c', config, ...args], env),
  };
}

function say(files: LogFiles, profile: string, line: string): void {
  files.report({ type: 'gateway.output', profile, stream: 'stdout', line });
}

test('the last lines of all profiles are shown, ordered by time, whether or not a gwproxy runs', async (t) => {
  const { run, logs, config } = await scene(t);
  const files = run();
  for (const line of ['one', 'three']) {
    say(files, 'inbox', line);
    await new Promise((resolve) => setTimeout(resolve, 2));
    say(files, 'standup', `after ${line}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  files.report({ type: 'app.stopping', signal: 'SIGTERM', atOnce: false, within: 20_000 });
  await files.close();
  const all = ['inbox   | one', 'standup | after one', 'inbox   | three', 'standup | after three', ''];
  assert.deepEqual(await logs(), { code: 0, stdout: all.join('\n'), stderr: '' });
  assert.equal((await logs('-n', '1', 'inbox')).stdout, 'inbox   | three\n');
  assert.equal(
    (await logs('gwproxy')).stdout,
    'gwproxy > stopping: gateways finish their requests first; a second signal stops at once\n',
  );
  await writeFile(config, 'profiles: {');
  assert.equal((await logs('-n', '1', 'inbox')).stdout, 'inbox   | three\n');
});

test('an unknown profile and an invalid count are refused with a hint', async (t) => {
  const { run, logs } = await scene(t);
  await run().idle();
  assert.deepEqual(await logs('inbx'), {
    code: 2,
    stdout: '',
    stderr: "there is no profile 'inbx'; did you mean 'inbox'?\n",
  });
  assert.equal(
    (await logs('nosuch')).stderr,
    "there is no profile 'nosuch'; choose from inbox, standup, gwproxy\n",
  );
  const { code, stderr } = await logs('-n', 'ten');
  assert.equal(code, 2);
  assert.match(stderr, /-n takes a whole number of lines, such as -n 100; not 'ten'/);
});

test('the log of a removed profile is shown as long as its file exists', async (t) => {
  const { run, logs, config } = await scene(t);
  const files = run();
  say(files, 'standup', 'the last');
  await files.idle();
  const file = files.fileOf('standup') ?? '';
  files.apply(POLICY, [{ name: 'inbox', logFile: null }]);
  await files.close();
  await writeFile(config, 'profiles:\n  inbox: { command: sleep 1 }\n');
  assert.deepEqual(await logs('standup'), { code: 0, stdout: 'standup | the last\n', stderr: '' });
  await rename(file, `${file}.20260101T100000000Z`);
  assert.deepEqual(await logs('standup'), { code: 0, stdout: 'standup | the last\n', stderr: '' });
  assert.equal((await logs('../logs/standup')).code, 2);
  assert.equal((await logs()).stdout, '');
  await rm(`${file}.20260101T100000000Z`);
  assert.equal((await logs('standup')).code, 2);
});

test('logs says so if nothing has run on the config yet', async (t) => {
  const { logs, config } = await scene(t);
  assert.deepEqual(await logs(), {
    code: 0,
    stdout: '',
    stderr: 'the gateways have written no output yet\n',
  });
  await writeFile(config, 'profiles: {');
  assert.equal((await logs()).code, 78);
});

test('logs -f follows rotations, a restart and a file created later, until Ctrl-C', async (t) => {
  const { run, config, env } = await scene(t);
  let files = run(2000);
  say(files, 'inbox', 'before');
  await files.idle();
  const args = [join(root, 'dist', 'cli', 'main.js'), 'logs', '-f', '-c', config];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const shown = async (line: string): Promise<void> => {
    while (!lines.includes(line)) await once(reader, 'line');
  };
  await shown('inbox   | before');
  for (let count = 0; count < 60; count += 1) {
    say(files, 'inbox', `${count} ${'x'.repeat(100)}`);
    if (count % 10 === 9) await files.idle();
  }
  await shown(`inbox   | 59 ${'x'.repeat(100)}`);
  await files.close();
  files = run(2000);
  say(files, 'standup', 'comes later');
  say(files, 'inbox', 'after the restart');
  await shown('standup | comes later');
  await shown('inbox   | after the restart');
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  const numbers = lines
    .filter((line) => line.endsWith('x'))
    .map((line) => Number.parseInt(line.slice(10), 10));
  assert.deepEqual(
    numbers,
    Array.from({ length: 60 }, (_, at) => at),
  );
});

test('logs -f misses no line of a profile that a reload adds, nor of log files that it moves', async (t) => {
  const { run, config, env } = await scene(t);
  const files = run();
  const older = `${new Date(Date.now() - 60_000).toISOString()} out of an earlier profile\n`;
  const folder = dirname(files.fileOf('inbox') ?? '');
  say(files, 'inbox', 'before');
  await files.idle();
  await writeFile(join(folder, 'added.log'), older);
  const args = [join(root, 'dist', 'cli', 'main.js'), 'logs', '-f', '-n', '2', '-c', config];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const shown = async (line: string): Promise<void> => {
    while (!lines.includes(line)) await once(reader, 'line', { signal: AbortSignal.timeout(10_000) });
  };
  await shown('inbox   | before');
  const profiles = ['inbox', 'standup', 'added'].map((name) => ({ name, logFile: null }));
  const ten = Array.from({ length: 10 }, (_, at) => at);

  files.apply(POLICY, profiles);
  for (const count of ten) say(files, 'added', `of the new one ${count}`);
  await shown('added   | of the new one 9');

  for (const count of ten) say(files, 'inbox', `in the old folder ${count}`);
  files.apply({ ...POLICY, folder: join(folder, 'moved') }, profiles);
  for (const count of ten) say(files, 'inbox', `in the new folder ${count}`);
  await shown('inbox   | in the new folder 9');
  child.kill('SIGINT');
  await once(child, 'exit');
  assert.deepEqual(lines, [
    'inbox   | before',
    ...ten.map((count) => `added   | of the new one ${count}`),
    ...ten.map((count) => `inbox   | in the old folder ${count}`),
    ...ten.map((count) => `inbox   | in the new folder ${count}`),
  ]);
});

test('logs -f ends quietly when its reader closes the pipe', async (t) => {
  const { run, config, env } = await scene(t);
  const files = run();
  for (let count = 0; count < 5000; count += 1) say(files, 'inbox', 'x'.repeat(100));
  await files.idle();
  const args = [join(root, 'dist', 'cli', 'main.js'), 'logs', '-f', '-n', '5000', '-c', config];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  assert.deepEqual([code, stderr], [0, '']);
});
