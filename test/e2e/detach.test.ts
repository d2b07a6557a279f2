import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseStatus, type Status } from '../../src/admin/status.ts';
import { type Env, isAlive, runCli } from '../support/cli.ts';
import { fakeProgram } from '../support/fake-program.ts';
import { fixture } from '../support/root.ts';
import { listen, temporaryFolder } from '../support/sockets.ts';

const GATEWAY = `command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]`;

interface Place {
  readonly config: string;
  readonly env: Env;
  run(...args: readonly string[]): ReturnType<typeof runCli>;
  status(): Promise<Status>;
  /** The stderr of the gwproxy in the background. */
  said(): Promise<string>;
}

/** A config in a folder of its own; a gwproxy that runs on it is stopped after the test. */
async function place(t: TestContext, text: string, more: Env = {}): Promise<Place> {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(config, text);
  const env = { GWPROXY_STATE_DIR: join(folder, 'state'), ...more };
  const run = (...args: readonly string[]) => runCli([...args, '-c', config], env);
  t.after(async () => {
    const { code } = await run('down', '--now');
    assert.ok(code === 0 || code === 69 || code === 78, `down ended with ${code}`);
  });
  return {
    config,
    env,
    run,
    async status() {
      const { stdout } = await run('status', '--json');
      return parseStatus(JSON.parse(stdout));
    },
    async said() {
      const [id = ''] = await readdir(join(folder, 'state'));
      return readFile(join(folder, 'state', id, 'up.log'), 'utf8');
    },
  };
}

/** With `manual` only the door starts. */
function config({ listenOn = '127.0.0.1:0', start = 'always' } = {}): string {
  const profiles = ['one', 'two'].map(
    (name) => `  ${name}:\n    ${GATEWAY}\n    env: { BOT_NAME: ${name} }\n    start: ${start}\n`,
  );
  return `listen: ${listenOn}\nprofile_paths: true\nprofiles:\n${profiles.join('')}`;
}

test('up --detach returns once the door listens, and holds no descriptor of the terminal', async (t) => {
  const { run, status } = await place(t, config());
  // Its output is a pipe, which ends only when no process holds it any more.
  const started = await run('up', '--detach', 'one');
  assert.equal(started.code, 0, started.stderr);
  const { listen: address, pid, profiles } = await status();
  const [first, next] = started.stdout.split('\n');
  assert.equal(first, `listening on http://${address}, in the background (pid ${pid})`);
  assert.match(next ?? '', /^next: gwproxy status -c \S+, gwproxy logs -f -c \S+, gwproxy down -c \S+$/);
  assert.deepEqual(
    profiles.map(({ desired }) => desired),
    ['up', 'down'],
  );
  // The request waits at the door while the gateway starts.
  assert.equal((await fetch(`http://${address}/p/one/`)).status, 200);
  if (process.platform !== 'win32') {
    // The leader of a session leads a group too; without a terminal ps shows a question mark.
    const shown = execFileSync('ps', ['-o', 'pgid=,tty=', '-p', String(pid)], { encoding: 'utf8' });
    assert.match(shown, new RegExp(`^ *${pid} +\\?+ *\n$`));
  }

  const again = await run('up', '-d');
  assert.equal(again.code, 73);
  assert.match(again.stderr, /already runs on this config; see `gwproxy status -c /);
  assert.equal((await status()).pid, pid);

  assert.equal((await run('down')).code, 0);
  const gateway = profiles[0]?.pid;
  assert.ok(!isAlive(pid) || (await gone(pid)));
  assert.ok(gateway !== undefined && (gateway === null || !isAlive(gateway)));
});

/** `down` returns with the last answer; the process itself ends right after. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

test('up --detach exits with 70 and the reason if the port is in use, and nothing runs', async (t) => {
  const port = await listen(t, createServer());
  const { run } = await place(t, config({ listenOn: `127.0.0.1:${port}` }));
  const { code, stdout, stderr } = await run('up', '-d');
  assert.equal(code, 70);
  assert.equal(stdout, '');
  assert.match(stderr, new RegExp(`the door cannot listen on 127\\.0\\.0\\.1:${port}: it is in use by `));
  assert.equal((await run('status')).code, 69);
});

test('up --detach reports mistakes as up does, and nothing is started', async (t) => {
  const bad = await place(t, `${config()}    comand: x\n`);
  const { code, stderr } = await bad.run('up', '-d');
  assert.equal(code, 78);
  assert.match(stderr, /gwproxy\.yaml:\d+:5: unknown key 'comand'/);
  assert.equal((await bad.run('status')).code, 69);

  const good = await place(t, config());
  const unknown = await good.run('up', '-d', 'tow');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /did you mean 'two'/);
});

test('systemd is notified when the door listens and when the stop begins', async (t) => {
  const notify = await fakeProgram(t, 'systemd-notify');
  const { run, status } = await place(t, config({ start: 'manual' }), {
    NOTIFY_SOCKET: '/run/systemd/notify',
    PATH: `${notify.folder}:${process.env['PATH']}`,
  });
  assert.equal((await run('up', '-d')).code, 0);
  const { pid, listen: address } = await status();
  await notify.called(1);
  assert.deepEqual(notify.calls, [['--ready', `--pid=${pid}`, `--status=listening on ${address}`]]);
  assert.equal((await run('down')).code, 0);
  await notify.called(2);
  assert.deepEqual(notify.calls[1], ['STOPPING=1', 'EXTEND_TIMEOUT_USEC=30000000', '--status=stopping']);
});

test('a missing or failing systemd-notify is reported once and has no other effect', async (t) => {
  const failing = await fakeProgram(t, 'systemd-notify', () => ({ code: 1, stderr: 'no such socket' }));
  const one = await place(t, config({ start: 'manual' }), {
    NOTIFY_SOCKET: '/nowhere',
    PATH: failing.folder,
  });
  const two = await place(t, config({ start: 'manual' }), { NOTIFY_SOCKET: '/nowhere', PATH: '/nowhere' });
  for (const { run } of [one, two]) assert.equal((await run('up', '-d')).code, 0);
  await failing.called(1);
  for (const { run } of [one, two]) assert.equal((await run('down')).code, 0);
  const said = await one.said();
  assert.match(
    said,
    /^gwproxy: notifying systemd failed: Command failed: systemd-notify --ready .*\nno such socket\n$/,
  );
  assert.equal(said.split('notifying systemd failed').length, 2);
  assert.equal(failing.calls.length, 1);
  assert.match(await two.said(), /^gwproxy: notifying systemd failed: .*ENOENT/);
});
