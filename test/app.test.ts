import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sendCommand } from '../src/admin/control-client.ts';
import { type App, startApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { CommandError } from '../src/errors.ts';
import type { Event } from '../src/events.ts';
import { controlSocketPath } from '../src/state-folder.ts';
import { formatRecord } from '../src/supervisor/run/run-record.ts';
import { HAS_PROC, readStat } from '../src/supervisor/tree/proc.ts';
import { fixture } from './support/root.ts';
import { temporaryFolder } from './support/sockets.ts';

/** A record of an earlier run with a process that is left: it takes the next run a second to end that. */
async function leaveDeafGateway(t: TestContext, stateFolder: string): Promise<void> {
  const script = "trap '' TERM; echo deaf; while :; do sleep 1; done";
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const { pid } = child;
  assert.ok(pid !== undefined);
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const started = readStat(pid)?.started ?? 0;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  await mkdir(stateFolder);
  const record = {
    run: '0123456789abcdef',
    boot,
    pid: 1,
    started,
    leaders: [{ profile: 'old', pid, started }],
  };
  await writeFile(join(stateFolder, 'run.json'), formatRecord(record));
}

// Without a record a start takes no time in which a command could come.
if (HAS_PROC) {
  test('a `down` that comes while gwproxy still starts stops everything', async (t) => {
    const folder = await temporaryFolder(t);
    const stateFolder = join(folder, 'state');
    await leaveDeafGateway(t, stateFolder);
    const config = join(folder, 'gwproxy.yaml');
    const gateway = `{ command: [${process.execPath}, ${fixture('echo-gateway.mjs')}], env: { BOT_NAME: one } }`;
    await writeFile(config, `listen: 127.0.0.1:0\nprofile_paths: true\nprofiles: { one: ${gateway} }\n`);
    const loaded = await loadConfig(config, { env: process.env });
    assert.ok(loaded.ok);

    const events: Event[] = [];
    let app: App | undefined;
    t.after(() => app?.killNow());
    const starting = startApp({ plan: loaded.plan, report: (event) => events.push(event), stateFolder });
    await heard(stateFolder);
    const down = sendCommand(controlSocketPath(stateFolder), 'POST', '/down');
    app = await starting;
    await down;
    await app.stopped;

    const order = events.map(({ type }) => type).filter((type) => /^(?:run|door|app)\./.test(type));
    assert.deepEqual(order, ['run.swept', 'door.listening', 'app.stopping', 'door.closed', 'app.stopped']);
    assert.deepEqual(
      (await app.status()).profiles.map(({ state, pid }) => ({ state, pid })),
      [{ state: 'stopped', pid: null }],
    );
  });
}

test('commands of a spool that cannot be opened say so, and everything else works', async (t) => {
  const folder = await temporaryFolder(t);
  const stateFolder = join(folder, 'state');
  await mkdir(stateFolder);
  await writeFile(join(stateFolder, 'spool'), 'no folder');
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(
    config,
    'listen: 127.0.0.1:0\nprofile_paths: true\nprofiles: { one: { url: "http://127.0.0.1:9" } }\n',
  );
  const loaded = await loadConfig(config, { env: process.env });
  assert.ok(loaded.ok);
  const app = await startApp({ plan: loaded.plan, report: () => {}, stateFolder });
  t.after(() => app.stop({ signal: null, atOnce: true }));
  const socket = controlSocketPath(stateFolder);
  for (const [method, path] of [
    ['GET', '/spool'],
    ['POST', '/spool/drop?all'],
  ] as const) {
    await assert.rejects(sendCommand(socket, method, path), /the spool is not open/);
  }
  assert.equal((await app.status()).profiles.length, 1);
});

/** Its control socket answers: that comes first. */
async function heard(stateFolder: string): Promise<void> {
  for (;;) {
    try {
      await sendCommand(controlSocketPath(stateFolder), 'GET', '/status');
      return;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      await turn();
    }
  }
}
