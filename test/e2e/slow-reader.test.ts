import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseStatus, type Status } from '../../src/admin/status.ts';
import { isAlive, runCli } from '../support/cli.ts';
import { fixture, root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const CLI = join(root, 'dist', 'cli', 'main.js');
/** Far more than any pipe or terminal buffers. */
const LINES = 500;

interface Unread {
  readonly child: ChildProcess;
  status(): Promise<Status>;
  down(): ReturnType<typeof runCli>;
  /** Sends a request through the door, during which the gateway prints so many lines. */
  say(lines: number): Promise<number>;
}

/** Runs `gwproxy up` through `command`, with its output in a pipe that is never read. */
async function startUnread(
  t: TestContext,
  command: (up: readonly [string, ...string[]]) => readonly [string, ...string[]],
): Promise<Unread> {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  const gateway = `{ command: [${process.execPath}, ${fixture('gateways', 'chatty.mjs')}] }`;
  await writeFile(config, `listen: 127.0.0.1:0\nprofile_paths: true\nprofiles: { bot: ${gateway} }\n`);
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const [file, ...args] = command([process.execPath, CLI, 'up', '-c', config]);
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: folder, TERM: 'xterm', ...env },
  });
  t.after(() => child.kill('SIGKILL'));

  async function status(): Promise<Status> {
    const { code, stdout, stderr } = await runCli(['status', '--json', '-c', config], env);
    assert.equal(code, 0, stderr);
    return parseStatus(JSON.parse(stdout));
  }
  for (let ready = false; !ready; await pause(50)) {
    const { code, stdout } = await runCli(['status', '--json', '-c', config], env);
    ready = code === 0 && parseStatus(JSON.parse(stdout)).profiles[0]?.state === 'ready';
  }
  return {
    child,
    status,
    down: () => runCli(['down', '-c', config], env),
    async say(lines) {
      const { listen } = await status();
      const url = `http://${listen}/p/bot/say/${lines}/word`;
      return (await fetch(url, { method: 'POST', signal: AbortSignal.timeout(10_000) })).status;
    },
  };
}

test('an unread stdout pipe delays no gateway, no request and no stop', async (t) => {
  const { child, say } = await startUnread(t, (up) => up);
  assert.equal(await say(LINES), 200);
  assert.equal(await say(LINES), 200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = AbortSignal.timeout(15_000);
  late.addEventListener('abort', () => child.kill('SIGKILL'));
  const [code, signal]: unknown[] = await ended;
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
});

// script(1) of util-linux. A terminal that nothing reads behaves as after Ctrl-S.
if (process.platform === 'linux') {
  test('a stopped terminal delays no gateway, no request and no stop', async (t) => {
    const { status, say, down } = await startUnread(t, (up) => [
      'script',
      '--quiet',
      '--flush',
      '--command',
      up.join(' '),
      '/dev/null',
    ]);
    const { pid } = await status();
    t.after(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    assert.equal(await say(LINES), 200);
    assert.equal(await say(LINES), 200);
    assert.equal((await down()).code, 0);
    for (const since = performance.now(); isAlive(pid); await pause(50)) {
      assert.ok(performance.now() - since < 15_000, 'gwproxy has ended');
    }
  });
}
