import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isRunning, processesWith, until } from '../supervisor/processes.ts';
import { type Gwproxy, runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const WORKER = JSON.stringify([process.execPath, fixture('gateways', 'worker.mjs')]);
const WEB = JSON.stringify([process.execPath, fixture('gateways', 'serve.mjs')]);

async function up(t: TestContext, profiles: string): Promise<Gwproxy & { readonly config: string }> {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(config, `profile_paths: true\nprofiles:\n${profiles.replaceAll('FOLDER', folder)}`);
  return { ...(await startGwproxy(t, config)), config };
}

test('a bot without a port is up beside others, has no path, and its column of listeners is empty', async (t) => {
  const gwproxy = await up(
    t,
    `  worker: { command: ${WORKER}, listeners: none, env: { PORT: kept } }\n  web: { command: ${WEB}, listeners: { main: { health: /health } } }\n`,
  );
  await Promise.all([gwproxy.ready('worker'), gwproxy.ready('web')]);
  assert.deepEqual(gwproxy.output('worker'), ['up kept'], 'gwproxy sets no PORT, and takes none away');
  assert.equal((await fetch(`${gwproxy.url}/p/web/health`)).status, 200);
  const unmatched = await fetch(`${gwproxy.url}/p/nobody/`);
  assert.equal((await fetch(`${gwproxy.url}/p/worker/`)).status, unmatched.status);
  assert.deepEqual((await gwproxy.profile('worker')).listeners, []);
  const { stdout } = await runCli(['validate', '-c', gwproxy.config]);
  assert.match(stdout, /^worker +\S+ +- +always +- +-$/m);
});

test('a SIGKILL of gwproxy while health commands run leaves none of their processes', async (t) => {
  const command = JSON.stringify(['/bin/sh', '-c', 'setsid sleep 1000 & sleep 1000']);
  const gwproxy = await up(
    t,
    `  worker: { command: ${WORKER}, listeners: none, health: { command: ${command} }, env: { PATH: "${process.env.PATH}", WHERE: FOLDER } }\n`,
  );
  const where = `WHERE=${gwproxy.config.replace('/gwproxy.yaml', '')}`;
  // The bot, and the command with its child.
  await until('the command runs', () => processesWith(where).length >= 3, 30_000);
  process.kill(gwproxy.pid, 'SIGKILL');
  await until('all have ended', () => processesWith(where).length === 0, 10_000);
  assert.ok(!isRunning(gwproxy.pid));
});

test('a bot that gets a port, or loses it, is restarted, and its path comes and goes', async (t) => {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  const write = (listeners: string): Promise<void> =>
    writeFile(
      config,
      `watch: all\nprofile_paths: true\nprofiles:\n  bot: { command: ${WEB}, ${listeners} }\n`,
    );
  await write('listeners: none, env: { PORT: "0" }');
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('bot');
  await write('listeners: { main: { health: /health } }');
  await gwproxy.ready('bot', 2);
  assert.equal((await fetch(`${gwproxy.url}/p/bot/`)).status, 200);
  assert.equal((await gwproxy.profile('bot')).listeners.length, 1);
  await write('listeners: none, env: { PORT: "0" }');
  await gwproxy.ready('bot', 3);
  assert.equal((await fetch(`${gwproxy.url}/p/bot/`)).status, 404);
  assert.deepEqual((await gwproxy.profile('bot')).listeners, []);
  assert.equal((await gwproxy.profile('bot')).restarts, 0);
});
