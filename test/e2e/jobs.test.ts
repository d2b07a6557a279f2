import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Gwproxy, isAlive, type LogLine, runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

/** Never, as far as a test can tell: the last second before next year's spring. */
const SELDOM = '59 59 23 28 2 *';

function job(name: string, schedule: string, env: Readonly<Record<string, string>>, more = ''): string {
  const command = `[${process.execPath}, ${fixture('gateways', 'worker.mjs')}]`;
  const variables = Object.entries(env).map(([key, value]) => `${key}: '${value}'`);
  return `  ${name}:\n    command: ${command}\n    env: { ${variables.join(', ')} }\n    run: { schedule: '${schedule}', timezone: UTC${more} }\n`;
}

async function start(t: TestContext, profiles: string) {
  const file = join(await temporaryFolder(t), 'gwproxy.yaml');
  await writeFile(file, config(profiles));
  const state = { GWPROXY_STATE_DIR: await temporaryFolder(t) };
  const gwproxy = await startGwproxy(t, file, state);
  const cli = (...args: string[]) => runCli([...args, '-c', file], state);
  return { file, gwproxy, cli };
}

function config(profiles: string): string {
  return `listen: 127.0.0.1:0\nprofiles:\n${profiles}`;
}

function reaches(gwproxy: Gwproxy, state: string, generation: number): Promise<LogLine> {
  return gwproxy.waitFor(
    `${state} in generation ${generation}`,
    (line) => line.type === 'gateway.state' && line.state === state && Number(line.generation) === generation,
  );
}

test('a job runs at each moment of its schedule, to its end, and is no crash', async (t) => {
  const { gwproxy, cli } = await start(t, job('nightly', '* * * * * *', { LIVES: '20', EXIT_CODE: '0' }));
  const done = await reaches(gwproxy, 'stopped', 1);
  assert.match(String(done.reason), /^the job is done after \d+m?s$/);
  await reaches(gwproxy, 'stopped', 2);
  const exit = await gwproxy.waitFor('an exit', (line) => line.type === 'gateway.exit');
  assert.equal(exit.asked, true);
  const {
    restarts,
    last_error: error,
    last_exit: last,
    schedule,
    listeners,
  } = await gwproxy.profile('nightly');
  assert.deepEqual([restarts, error, last?.code, listeners], [0, null, 0, []]);
  assert.equal(schedule?.action, 'run');
  assert.match(schedule?.last_at ?? '', /^\d{4}-.*\.000Z$/);
  const { stdout } = await cli('status');
  assert.match(stdout, /^nightly +(waiting|starting) +run in \ds; the last took \ds/m);
});

test('a job that fails says why, is not restarted, and is run again at the next moment', async (t) => {
  const { gwproxy } = await start(t, job('nightly', '* * * * * *', { LIVES: '20', EXIT_CODE: '75' }));
  const failed = await reaches(gwproxy, 'failed', 1);
  assert.match(
    String(failed.reason),
    /^exited with code 75.*; its next run is by its schedule, or now with `gwproxy start nightly`$/,
  );
  await reaches(gwproxy, 'failed', 2);
  assert.equal((await gwproxy.profile('nightly')).restarts, 0);
});

test('start runs a job now, and its result is that of the command; stop ends it, and its schedule with it', async (t) => {
  const profiles = [
    job('good', SELDOM, { LIVES: '20', EXIT_CODE: '0' }),
    job('bad', SELDOM, { LIVES: '20', EXIT_CODE: '3' }),
    job('long', SELDOM, {}),
  ];
  const { gwproxy, cli } = await start(t, profiles.join(''));
  assert.equal((await gwproxy.profile('good')).generation, 0, 'nothing runs it before its time');
  const good = await cli('start', 'good');
  assert.deepEqual([good.code, good.stdout], [0, 'good started\n']);
  const bad = await cli('start', 'bad');
  assert.equal(bad.code, 70);
  assert.match(bad.stderr, /bad has failed: exited with code 3/);
  assert.equal((await cli('start', 'long')).code, 0);
  const { pid } = await gwproxy.profile('long');
  assert.equal((await cli('restart', '--all')).code, 0);
  assert.equal((await gwproxy.profile('long')).pid, pid, 'a run is not begun anew');
  assert.equal((await cli('stop', 'long')).code, 0);
  const { state, desired, pid: none } = await gwproxy.profile('long');
  assert.deepEqual([state, desired, none], ['stopped', 'down', null]);
  assert.equal((await gwproxy.profile('good')).desired, 'scheduled');
});

test('a run goes on over a reload, and the next one is by the changed config', async (t) => {
  const before = job('nightly', SELDOM, { WHICH: 'old' });
  const { file, gwproxy, cli } = await start(t, before);
  assert.equal((await cli('start', 'nightly')).code, 0);
  const { pid } = await gwproxy.profile('nightly');
  await writeFile(file, config(job('nightly', SELDOM, { READY: 'new' })));
  await gwproxy.waitFor('the change', (line) => line.type === 'config.applied');
  assert.equal((await gwproxy.profile('nightly')).pid, pid);
  assert.ok(!gwproxy.output('nightly').includes('new'));
  assert.equal((await cli('restart', 'nightly')).code, 0);
  await gwproxy.waitFor('the new run', (line) => line.type === 'gateway.output' && line.line === 'new');
});

test('a job that runs for too long is ended, and down ends one that runs', async (t) => {
  const profiles = [job('slow', SELDOM, {}, ', timeout: 1500ms'), job('long', SELDOM, {})];
  const { gwproxy, cli } = await start(t, profiles.join(''));
  await Promise.all([cli('start', 'slow'), cli('start', 'long')]);
  const failed = await reaches(gwproxy, 'failed', 1);
  assert.match(String(failed.reason), /^it ran for longer than its run\.timeout \(1500ms\); /);
  const { pid } = await gwproxy.profile('long');
  assert.ok(pid !== null && isAlive(pid));
  assert.equal((await cli('down')).code, 0);
  assert.ok(!isAlive(pid));
});

test('a job that still runs at its next moment is not run twice', async (t) => {
  const { gwproxy } = await start(t, job('nightly', '* * * * * *', {}));
  const skipped = await gwproxy.waitFor('a skipped moment', (line) => line.type === 'schedule.skipped');
  assert.deepEqual([skipped.action, skipped.reason], ['run', 'busy']);
  const { generation, schedule } = await gwproxy.profile('nightly');
  assert.equal(generation, 1);
  assert.ok((schedule?.skipped ?? 0) >= 1);
});
