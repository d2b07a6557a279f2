import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Disk, fullFile, smallDisk } from './support/disk.ts';
import { assertUntouched, type Fault, prepareFault } from './support/fault.ts';

/** Writes lines of 4000 bytes: first nearly a flood, then slowly, until more is buffered than fits in memory. */
const MANY_LINES = 900;
const SOME_LINES = 50;

describe('a full disk', { concurrency: 2 }, () => {
  test('a log on /dev/full: lines are lost and counted, and every gateway goes on', async (t) => {
    const fault = await prepare(t);
    await losesOnlyLines(fault, fullFile(join(fault.folder, 'logs'), 'noisy.log'));
  });

  test('a small disk, where mounting one is permitted: the same', async (t) => {
    const fault = await prepare(t);
    const disk = smallDisk(fault, join(fault.folder, 'logs'));
    // Without permission to mount, only the test above runs.
    if (disk === null) t.diagnostic('mounting is not permitted here');
    else await losesOnlyLines(fault, disk);
  });
});

function prepare(t: TestContext): Promise<Fault> {
  return prepareFault(t, {
    gateways: { noisy: { program: 'chatty.mjs' }, other: { program: 'serve.mjs' } },
    settings: { logs: { folder: 'logs' } },
  });
}

async function losesOnlyLines(fault: Fault, disk: Disk): Promise<void> {
  const log = join(disk.folder, 'noisy.log');
  disk.fill();
  const gwproxy = await fault.up('noisy', 'other');
  /** The reason in `gwproxy status` why the log cannot be written. */
  const failing = async (): Promise<string | undefined> =>
    (await gwproxy.status()).failing_logs.find(({ file }) => file === log)?.reason;
  const [noisy, other] = [await gwproxy.profile('noisy'), await gwproxy.profile('other')];

  await fault.tell('noisy', '/say/1/early');
  const failed = await gwproxy.waitFor('told', (line) => line.type === 'log.failed' && line.file === log);
  assert.match(String(failed.reason), /ENOSPC|no space/i);
  assert.equal(await failing(), failed.reason);
  await fault.tell('noisy', `/say/${MANY_LINES}/much`);
  while ((await gwproxy.profile('noisy')).dropped_lines === 0) {
    await fault.tell('noisy', `/say/${SOME_LINES}/more`);
    await pause(200);
  }
  assert.equal((await fault.ask('noisy')).status, 200);
  assert.equal((await fault.ask('other')).status, 200);
  assertUntouched(noisy, await gwproxy.profile('noisy'));

  disk.free();
  const resumed = gwproxy.waitFor('resumed', (line) => line.type === 'log.resumed' && line.file === log);
  await fault.tell('noisy', '/say/1/between');
  assert.ok(Number((await resumed).lines) > 0);
  assert.equal(await failing(), undefined);
  await fault.tell('noisy', '/say/1/late');
  await holds(log, / late 0 /);
  await holds(log, / --- .*lines/);
  assertUntouched(noisy, await gwproxy.profile('noisy'));
  assertUntouched(other, await gwproxy.profile('other'));
}

async function holds(file: string, pattern: RegExp): Promise<void> {
  for (const since = performance.now(); performance.now() - since < 10_000; await pause(50)) {
    if (pattern.test(await readFile(file, 'utf8').catch(() => ''))) return;
  }
  assert.match(await readFile(file, 'utf8'), pattern);
}
