import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../support/root.ts';
import { smallDisk } from './support/disk.ts';
import { type Fault, prepareFault } from './support/fault.ts';

const CLI = join(root, 'dist', 'cli', 'main.js');
/** ms. A stop takes far less; one that a full disk delayed would never end. */
const ENDS_WITHIN = 15_000;

interface Up {
  /** Its stderr so far. */
  said(): string;
  /** Resolves once its stderr matches. */
  says(pattern: RegExp): Promise<void>;
  /** Its exit code; null if it had to be killed. */
  ended(): Promise<number | null>;
}

describe('stdout on a full disk', { concurrency: 2 }, () => {
  test('is reported with its reason, delays neither a gateway nor a stop, and lost lines are counted', async (t) => {
    const fault = await prepare(t);
    const gwproxy = await upTo(fault, await open('/dev/full', 'w'));
    await gwproxy.says(/the log cannot be written \(ENOSPC: no space left on device\)/);
    await runs(fault);
    assert.equal((await fault.cli('down')).code, 0);
    assert.equal(await gwproxy.ended(), 0);
    assert.match(gwproxy.said(), /\d+ lines of the log are lost \(ENOSPC: no space left on device\)/);
    assert.doesNotMatch(gwproxy.said(), /nobody reads/);
  });

  test('a small disk, where mounting one is permitted: once there is room, no line is lost', async (t) => {
    const fault = await prepare(t);
    const disk = smallDisk(fault, join(fault.folder, 'out'));
    if (disk === null) {
      t.diagnostic('mounting is not permitted here');
      return;
    }
    disk.fill();
    const file = join(disk.folder, 'up.log');
    const gwproxy = await upTo(fault, await open(file, 'a'));
    await gwproxy.says(/the log cannot be written/);
    await runs(fault);
    disk.free();
    assert.equal((await fault.cli('down')).code, 0);
    assert.equal(await gwproxy.ended(), 0);
    const types = (await readFile(file, 'utf8'))
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).type);
    for (const type of ['door.listening', 'listener.ready', 'app.stopped'])
      assert.ok(types.includes(type), type);
    assert.ok(!types.includes('log.dropped'));
  });
});

function prepare(t: TestContext): Promise<Fault> {
  return prepareFault(t, {
    gateways: { bot: { program: 'serve.mjs' } },
    settings: { logs: { folder: 'logs' } },
  });
}

/** `gwproxy up > out` */
async function upTo(fault: Fault, out: FileHandle): Promise<Up> {
  const child = spawn(process.execPath, [CLI, 'up', '-c', fault.config], {
    env: { PATH: process.env.PATH, HOME: fault.folder, GWPROXY_STATE_DIR: join(fault.folder, 'state') },
    stdio: ['ignore', out.fd, 'pipe'],
  });
  const closed = once(child, 'close');
  const { stderr } = child;
  assert.ok(stderr !== null);
  fault.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  await out.close();
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    said: () => said,
    async says(pattern) {
      while (!pattern.test(said)) await once(stderr, 'data', { signal: AbortSignal.timeout(ENDS_WITHIN) });
    },
    async ended() {
      const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN);
      await closed;
      clearTimeout(late);
      return child.exitCode;
    },
  };
}

async function runs(fault: Fault): Promise<void> {
  for (const since = performance.now(); ; await pause(50)) {
    const { stdout } = await fault.cli('status', '--json');
    if (/"state": ?"ready"/.test(stdout)) return;
    assert.ok(performance.now() - since < ENDS_WITHIN, stdout);
  }
}
