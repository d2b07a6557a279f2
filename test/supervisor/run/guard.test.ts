import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Guard } from '../../../src/supervisor/run/guard.ts';
import { isRunning, until } from '../processes.ts';

const ENTRY = 'GWPROXY_GATEWAY=0123456789abcdef/';

function pidOf(guard: Guard): number {
  const { pid } = guard;
  assert.ok(pid, 'there is no guard');
  return pid;
}

test('a guard holds nothing of gwproxy: no output, no folder, no environment, no session', async (t) => {
  const guard = new Guard({ entry: ENTRY, lost: assert.fail });
  guard.start();
  t.after(() => guard.end());
  const pid = pidOf(guard);
  assert.equal(readlinkSync(`/proc/${pid}/fd/1`), '/dev/null');
  assert.equal(readlinkSync(`/proc/${pid}/fd/2`), '/dev/null');
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
  assert.deepEqual(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean), [
    `PATH=${process.env.PATH}`,
    'GWPROXY_GATEWAY=guard',
  ]);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  assert.equal(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]), pid);
});

test('a guard does not keep gwproxy alive, and ends by itself after it', async (t) => {
  const script = `const { Guard } = await import(process.argv[1]);
    const guard = new Guard({ entry: '${ENTRY}', lost: console.error });
    guard.start();
    guard.update([]);
    console.log(guard.pid);`;
  const module = new URL('../../../src/supervisor/run/guard.js', import.meta.url).href;
  const pid = await new Promise<number>((resolve, reject) => {
    execFile(
      process.execPath,
      ['--input-type=module', '-e', script, module],
      { timeout: 10_000 },
      (error, stdout, stderr) =>
        error === null && stderr === '' ? resolve(Number(stdout)) : reject(error ?? stderr),
    );
  });
  t.diagnostic(`guard ${pid}`);
  await until('the guard ends', () => !isRunning(pid), 10_000);
});

test('a guard ends at once when gwproxy ends in order', async () => {
  const guard = new Guard({ entry: ENTRY, lost: assert.fail });
  guard.start();
  const pid = pidOf(guard);
  await guard.end();
  assert.equal(isRunning(pid), false);
  guard.start();
  assert.equal(guard.pid, null);
});

test('guards that are killed again and again are given up for a minute, and that is reported', async () => {
  const lost: string[] = [];
  const guard = new Guard({ entry: ENTRY, lost: (reason) => lost.push(reason) });
  guard.start();
  for (let death = 1; death <= 3; death += 1) {
    assert.deepEqual(lost, []);
    const pid = pidOf(guard);
    process.kill(pid, 'SIGKILL');
    await until('its end is seen', () => guard.pid !== pid, 5000);
  }
  assert.deepEqual(lost, [
    'its guard ended (SIGKILL), as did the ones before; the next one is started in a minute',
  ]);
  assert.equal(guard.pid, null);
  await guard.end();
});

test('the lines for a guard that does not read do not pile up, and the last one arrives', async (t) => {
  const guard = new Guard({ entry: ENTRY, lost: assert.fail });
  guard.start();
  const pid = pidOf(guard);
  t.after(() => isRunning(pid) && process.kill(pid, 'SIGKILL'));
  process.kill(pid, 'SIGSTOP');
  const many = Array.from({ length: 1000 }, (_, index) => ({ pid: 4_000_000 + index, started: 1 }));
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  for (let turn = 0; turn < 5000; turn += 1) guard.update(many.slice(0, 1 + (turn % 1000)));
  const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  assert.ok(after - before < 100 * 1024 * 1024, `${after - before} bytes`);
  process.kill(pid, 'SIGCONT');
  await guard.end();
  assert.equal(isRunning(pid), false);
});
