import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from '../../../src/errors.ts';
import { createRun, unguardedRun } from '../../../src/supervisor/run/run.ts';
import { parseRecord } from '../../../src/supervisor/run/run-record.ts';
import { temporaryFolder } from '../../support/sockets.ts';
import { isRunning, processesWith, until } from '../processes.ts';
import { Log } from '../support.ts';

const DRIVER = fileURLToPath(new URL('driver.js', import.meta.url));

interface Driver {
  readonly child: ChildProcess;
  readonly mark: string;
  /** The guard's pid. */
  readonly guard: number;
  readonly strays: readonly number[];
}

/** A gwproxy of those gateways, all of them ready; `strays` of their processes have printed their pids. */
async function drive(
  t: TestContext,
  folder: string,
  programs: readonly string[],
  strays: number,
): Promise<Driver> {
  const child = spawn(process.execPath, [DRIVER, folder, ...programs], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  assert.ok(child.stdout);
  let mark = '';
  let settled = false;
  const printed: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const event: unknown = JSON.parse(line);
    assert.ok(typeof event === 'object' && event !== null && 'type' in event);
    if ('mark' in event) mark = String(event.mark);
    if (event.type === 'settled') settled = true;
    const stray = 'line' in event ? /^stray (\d+)$/.exec(String(event.line))?.[1] : undefined;
    if (stray !== undefined) printed.push(Number(stray));
    if (settled && printed.length === strays) break;
  }
  // What it writes from now on is of no interest, and must not block it.
  child.stdout.resume();
  t.after(() => {
    child.kill('SIGKILL');
    for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL');
  });
  const [guard = 0] = await guardsOf(mark);
  assert.ok(guard, 'there is no guard');
  return { child, mark, guard, strays: printed };
}

/** Guards are known by their command line: they carry no mark. */
async function guardsOf(mark: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(`gwproxy-guard\0GWPROXY_GATEWAY=${mark}/`)) found.push(Number(entry));
  }
  return found;
}

/** A process of the test's own that no test may end. */
async function innocent(
  t: TestContext,
  env: NodeJS.ProcessEnv = {},
): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['60'], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, ...env },
  });
  await once(child, 'spawn');
  t.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(pid);
  return Object.assign(child, { pid });
}

function startOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

async function ownBoot(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

test('the gateways of a gwproxy that is killed are ended within 2 s, and its guard with them', async (t) => {
  const folder = await temporaryFolder(t);
  const programs = ['strays.mjs', 'strays.mjs', 'nameless.mjs', 'family.mjs'];
  const { child, mark, guard } = await drive(t, folder, programs, 4);
  assert.ok(processesWith(mark).length >= 9);
  child.kill('SIGKILL');
  const took = await until('nothing is left', () => processesWith(mark).length === 0, 5000);
  t.diagnostic(`the last was gone ${Math.round(took)} ms after SIGKILL`);
  await until('the guard ends', () => !isRunning(guard), 5000);
});

test('gateways that fork twice when their guard ends them leave no process', async (t) => {
  const folder = await temporaryFolder(t);
  const { child, mark, guard } = await drive(t, folder, Array(12).fill('double-fork.py'), 0);
  child.kill('SIGKILL');
  await until('the guard ends', () => !isRunning(guard), 10_000);
  assert.deepEqual(processesWith(mark), []);
});

test('if the guard is killed too, the next run ends the processes that are left, and reports it', async (t) => {
  const folder = await temporaryFolder(t);
  const { child, mark, guard } = await drive(t, folder, ['strays.mjs', 'nameless.mjs'], 2);
  // In this order: a guard that dies alone is replaced.
  child.kill('SIGSTOP');
  process.kill(guard, 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const left = processesWith(mark).length;
  assert.ok(left >= 4, `${left} are left`);
  const log = new Log();
  const run = createRun({ folder, report: log.report });
  await run.begin();
  t.after(() => run.close());
  assert.deepEqual(processesWith(mark), []);
  const [swept] = log.events;
  assert.ok(swept?.type === 'run.swept');
  assert.deepEqual(swept.profiles, ['gateway-0', 'gateway-1']);
  assert.ok(swept.processes >= left, `${swept.processes} of ${left}`);
});

test('a run whose gwproxy lives is not taken over, and nothing of it is ended', async (t) => {
  const folder = await temporaryFolder(t);
  const { child, mark } = await drive(t, folder, ['strays.mjs'], 2);
  const before = processesWith(mark).length;
  const other = createRun({ folder, report: new Log().report });
  await assert.rejects(other.assertNoneRuns(), (error) => {
    assert.ok(error instanceof CommandError && error.exitCode === EXIT.alreadyRunning);
    return error.message.includes(`(pid ${child.pid})`);
  });
  assert.equal(processesWith(mark).length, before);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await other.assertNoneRuns();
});

test('a run that ends in order leaves no guard and no record', async (t) => {
  const folder = await temporaryFolder(t);
  const { child, mark, guard } = await drive(t, folder, ['strays.mjs'], 2);
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal(isRunning(guard), false);
  assert.deepEqual(processesWith(mark), []);
  assert.deepEqual(await readdir(folder), []);
});

test('a guard that is killed is replaced, and the new one knows all gateways', async (t) => {
  const folder = await temporaryFolder(t);
  const { child, mark, guard, strays } = await drive(t, folder, ['strays.mjs'], 2);
  process.kill(guard, 'SIGKILL');
  await until('the guard is gone', () => !isRunning(guard), 5000);
  let guards: readonly number[] = [];
  while (guards.length === 0) guards = await guardsOf(mark);
  child.kill('SIGKILL');
  // One that is ending has lost its environment a moment before it counts as ended.
  await until('nothing is left', () => ![...processesWith(mark), ...strays].some(isRunning), 5000);
});

test('a guard ignores SIGHUP and SIGTERM', async (t) => {
  const folder = await temporaryFolder(t);
  const { child, mark, guard } = await drive(t, folder, ['family.mjs'], 0);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.kill(guard, signal);
  child.kill('SIGKILL');
  await until('nothing is left', () => processesWith(mark).length === 0, 5000);
});

test('a recorded leader is left alone if another process has its pid now', async (t) => {
  const folder = await temporaryFolder(t);
  const bystander = await innocent(t);
  const recorded = await innocent(t);
  const starts = await Promise.all(
    [bystander, recorded].map(async ({ pid }) => startOf(await readFile(`/proc/${pid}/stat`, 'utf8'))),
  );
  const leaders = [
    { profile: 'alpha', pid: bystander.pid, started: (starts[0] ?? 0) - 1 },
    { profile: 'beta', pid: recorded.pid, started: starts[1] },
  ];
  const record = { version: 1, run: '0123456789abcdef', boot: await ownBoot(), pid: 1, started: 0, leaders };
  await writeFile(join(folder, 'run.json'), JSON.stringify(record));
  const ended = once(recorded, 'exit');
  const log = new Log();
  const run = createRun({ folder, report: log.report });
  await run.begin();
  t.after(() => run.close());
  await ended;
  assert.deepEqual(log.events, [{ type: 'run.swept', profiles: ['beta'], processes: 1 }]);
  assert.equal(isRunning(bystander.pid), true);
});

test('a record of another boot is ignored', async (t) => {
  const folder = await temporaryFolder(t);
  const bystander = await innocent(t, { GWPROXY_GATEWAY: '0123456789abcdef/alpha/1' });
  const started = startOf(await readFile(`/proc/${bystander.pid}/stat`, 'utf8'));
  const leaders = [{ profile: 'alpha', pid: bystander.pid, started }];
  const record = { version: 1, run: '0123456789abcdef', boot: 'another', pid: 1, started: 0, leaders };
  await writeFile(join(folder, 'run.json'), JSON.stringify(record));
  const log = new Log();
  const run = createRun({ folder, report: log.report });
  await run.begin();
  t.after(() => run.close());
  assert.deepEqual(log.events, []);
  assert.equal(isRunning(bystander.pid), true);
});

for (const [what, text] of [
  ['half a record', '{"version":1,"run":"01'],
  ['a later version', '{"version":2}'],
  [
    'a record of everybody',
    JSON.stringify({ version: 1, run: '', boot: '', pid: 1, started: 0, leaders: [] }),
  ],
] as const) {
  test(`${what} is reported and not used`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'run.json'), text);
    const log = new Log();
    const run = createRun({ folder, report: log.report });
    await run.begin();
    t.after(() => run.close());
    const [reported, ...more] = log.events;
    assert.ok(reported?.type === 'run.record' && reported.reason.startsWith('cannot be used'));
    assert.deepEqual(more, []);
    // This run's own is in its place, for its owner alone.
    assert.equal((await stat(join(folder, 'run.json'))).mode & 0o777, 0o600);
    assert.match(parseRecord(await readFile(join(folder, 'run.json'), 'utf8')).run, /^[0-9a-f]{16}$/);
  });
}

test('a record names the leaders that live', async (t) => {
  const folder = await temporaryFolder(t);
  const leader = await innocent(t);
  const run = createRun({ folder, report: new Log().report });
  await run.begin();
  t.after(() => run.close());
  const leaders = async (): Promise<string> =>
    JSON.stringify(parseRecord(await readFile(join(folder, 'run.json'), 'utf8')).leaders);
  const started = startOf(await readFile(`/proc/${leader.pid}/stat`, 'utf8'));
  const expected = JSON.stringify([{ profile: 'alpha', pid: leader.pid, started }]);
  run.leaderStarted('alpha', leader.pid);
  while ((await leaders()) !== expected);
  run.treeEnded(leader.pid);
  while ((await leaders()) !== '[]');
});

test('a record that cannot be written is reported once, and the run goes on', async (t) => {
  const folder = join(await temporaryFolder(t), 'missing');
  const log = new Log();
  const run = createRun({ folder, report: log.report });
  await run.begin();
  const leader = await innocent(t);
  run.leaderStarted('alpha', leader.pid);
  run.treeEnded(leader.pid);
  await run.close();
  const reported = log.events.filter((event) => event.type === 'run.record');
  assert.equal(reported.length, 1);
  assert.equal(log.events.length, 1);
});

test('killNow ends every process of the run before it returns, and no other', async (t) => {
  const run = unguardedRun();
  const own = await innocent(t, { GWPROXY_GATEWAY: run.mark('alpha', 1) });
  const sibling = await innocent(t, { GWPROXY_GATEWAY: unguardedRun().mark('alpha', 1) });
  const quoting = await innocent(t, { NOTE: `GWPROXY_GATEWAY=${run.mark('alpha', 1)}` });
  const ended = once(own, 'exit');
  run.killNow();
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  assert.ok(isRunning(sibling.pid) && isRunning(quoting.pid));
});
