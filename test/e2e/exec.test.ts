import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { fixture, root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const GATEWAY = `[${process.execPath}, ${fixture('echo-gateway.mjs')}]`;
const SEEN =
  'process.stdout.write(JSON.stringify({ env: process.env, cwd: process.cwd(), args: process.argv.slice(1) }))';

async function place(t: TestContext) {
  const folder = await realpath(await temporaryFolder(t));
  await mkdir(join(folder, 'bot'));
  await writeFile(join(folder, 'bot.env'), 'TOKEN=hush\n');
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(
    config,
    `listen: 127.0.0.1:0
profile_paths: true
profiles:
  one:
    command: ${GATEWAY}
    cwd: bot
    env_file: bot.env
    env: { BOT_NAME: one, HERE: "http://127.0.0.1:\${port.main}/", OTHER: "\${port.other}" }
    listeners:
      main: { port: auto, port_env: PORT, paths: [/] }
      other: { port: 18999 }
  elsewhere: { url: "http://127.0.0.1:4000" }
`,
  );
  const env = { GWPROXY_STATE_DIR: join(folder, 'state'), SIBLING: 'secret' };
  return { folder, config, env, exec: (...args: string[]) => runCli(['exec', '-c', config, ...args], env) };
}

test('exec gives a program the environment, the folder and the ports of a gateway, and nothing more', async (t) => {
  const { folder, exec } = await place(t);
  const { code, stdout, stderr } = await exec('one', '--', process.execPath, '-e', SEEN, '--', '-x', 'a b');
  assert.equal(code, 0, stderr);
  const { env, cwd, args } = JSON.parse(stdout);
  assert.equal(cwd, join(folder, 'bot'));
  assert.deepEqual(args, ['-x', 'a b']);
  const { PATH, HOME, PORT, HERE, __CF_USER_TEXT_ENCODING: _apple, ...rest } = env;
  assert.deepEqual(rest, { TOKEN: 'hush', BOT_NAME: 'one', OTHER: '18999' });
  assert.equal(PATH, process.env['PATH']);
  assert.equal(HOME, process.env['HOME']);
  assert.ok(Number(PORT) > 0);
  assert.equal(HERE, `http://127.0.0.1:${PORT}/`);
});

test('exec passes the port of the running gateway', async (t) => {
  const { config, env, exec } = await place(t);
  // The second listener of this fixture never opens; the first is enough to know its port.
  const gwproxy = await startGwproxy(t, config, env);
  await gwproxy.waitFor('main ready', (line) => line.type === 'listener.ready' && line.listener === 'main');
  const { listeners } = await gwproxy.profile('one');
  const { stdout } = await exec('one', '--', process.execPath, '-p', 'process.env.PORT');
  assert.equal(stdout.trim(), String(listeners.find(({ name }) => name === 'main')?.port));
});

test('exec exits as the program does', async (t) => {
  const { folder, exec } = await place(t);
  const ends = async (...words: string[]) => (await exec('one', '--', ...words)).code;
  assert.equal(await ends(process.execPath, '-e', 'process.exit(7)'), 7);
  assert.equal(await ends(process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'), 137);
  const none = await exec('one', '--', 'no-such-program');
  assert.equal(none.code, 127);
  assert.match(none.stderr, /^command not found: no-such-program$/m);
  assert.equal(await ends(root), 126);
  await writeFile(join(folder, 'bot', 'bad.sh'), '#!/bin/sh\r\nexit 0\r\n', { mode: 0o755 });
  const bad = await exec('one', '--', './bad.sh');
  assert.equal(bad.code, 127);
  assert.match(bad.stderr, /^\.\/bad\.sh needs '\/bin\/sh\\r', which is not there: does it have Windows/m);
});

test('exec refuses unusable arguments with a hint', async (t) => {
  const { config, env, exec } = await place(t);
  const unknown = await exec('on', '--', 'env');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no profile 'on'; did you mean 'one'\?/);
  const elsewhere = await exec('elsewhere', '--', 'env');
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.stderr, /'elsewhere' is run elsewhere/);
  for (const words of [
    ['one', '--'],
    ['one', '-c', config, '--', 'env'],
  ]) {
    const { code, stderr } = await runCli(['exec', ...words], env);
    assert.equal(code, 2);
    assert.match(stderr, /write `gwproxy exec PROFILE -- COMMAND…`, with --config before/);
  }
});

test('Ctrl-C is left to the program, and SIGTERM is passed on to it', async (t) => {
  const { config, env } = await place(t);
  const program = `
    process.on('SIGINT', () => console.log('interrupted'));
    process.on('SIGTERM', () => process.exit(9));
    setInterval(() => {}, 1000);
    console.log('up');`;
  const words = ['exec', '-c', config, 'one', '--', process.execPath, '-e', program];
  // A process group of its own, which is signalled as a whole, as a terminal does.
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), ...words], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const { pid } = child;
  assert.ok(pid !== undefined);
  const exited = once(child, 'exit');
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'up');
  process.kill(-pid, 'SIGINT');
  assert.equal((await lines.next()).value, 'interrupted');
  process.kill(pid, 'SIGTERM');
  assert.deepEqual(await exited, [9, null]);
});
