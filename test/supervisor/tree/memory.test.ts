import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MemoryWatch } from '../../../src/supervisor/tree/memory.ts';
import { until } from '../processes.ts';
import { pidOf, profile, supervise } from '../support.ts';

const MIB = 1024 * 1024;
const INTERVAL = 20;

/** Holds so many MiB more with each line of its input, and answers when it has them. */
const HOLDER = `const held = [];
require('node:readline').createInterface({ input: process.stdin }).on('line', (count) => {
  for (let i = 0; i < Number(count); i += 1) held.push(Buffer.alloc(1024 * 1024, 1));
  console.log('done');
});`;

/** A process in a session of its own. */
async function holder(t: TestContext, mark: string) {
  const child = spawn(process.execPath, ['-e', HOLDER], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { GWPROXY_GATEWAY: mark },
  });
  t.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(pid);
  const hold = async (mib: number): Promise<void> => {
    child.stdin.write(`${mib}\n`);
    await once(child.stdout, 'data');
  };
  await hold(0);
  return { child, pid, hold };
}

async function resident(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

test('all processes of a gateway count, each growth is warned of once, and the limit is reported once', async (t) => {
  const mark = 'memory/test/1';
  const leader = await holder(t, mark);
  const stray = await holder(t, mark);
  const base = (await resident(leader.pid)) + (await resident(stray.pid));
  const limit = base + 100 * MIB;
  const near: number[] = [];
  const exceeded: number[] = [];
  const watch = new MemoryWatch({
    pid: leader.pid,
    mark,
    limit,
    near: (bytes) => void near.push(bytes),
    exceeded: (bytes) => void exceeded.push(bytes),
    interval: INTERVAL,
  });
  t.after(() => watch.end());

  await stray.hold(80);
  await until('it is warned of', () => near.length === 1, 10_000);
  assert.ok((near[0] ?? 0) >= limit * 0.8 && (near[0] ?? 0) < limit);
  await pause(10 * INTERVAL);
  assert.equal(near.length, 1);

  stray.child.kill('SIGKILL');
  await once(stray.child, 'exit');
  // There is nothing to wait for but its next readings.
  await pause(25 * INTERVAL);
  await leader.hold(120);
  await until('it is warned of again', () => near.length === 2, 10_000);
  assert.deepEqual(exceeded, []);

  await leader.hold(80);
  await until('the limit is reported', () => exceeded.length === 1, 10_000);
  assert.ok((exceeded[0] ?? 0) >= limit);
  await pause(10 * INTERVAL);
  assert.equal(exceeded.length, 1);
});

test('a watch that has ended reports nothing more', async (t) => {
  const { pid } = await holder(t, 'memory/test/2');
  let calls = 0;
  const count = (): void => {
    calls += 1;
  };
  const watch = new MemoryWatch({ pid, mark: 'none', limit: 1, near: count, exceeded: count, interval: 1 });
  watch.end();
  await pause(5 * INTERVAL);
  assert.equal(calls, 0);
});

test('what a status shows is the memory of all processes of a gateway', async (t) => {
  const { supervisor } = supervise(t, [
    profile('alpha', 'family.mjs'),
    { ...profile('beta', 'serve.mjs'), start: 'manual' },
  ]);
  supervisor.start();
  await supervisor.settled();
  const memory = await supervisor.memory();
  const leader = await resident(pidOf(supervisor, 'alpha'));
  // Its child is a Node process too, whose memory is not far from its own.
  assert.ok(
    (memory.get('alpha') ?? 0) > leader * 1.5,
    `${memory.get('alpha')} of all, ${leader} of the leader`,
  );
  assert.equal(memory.get('beta'), null);
});
