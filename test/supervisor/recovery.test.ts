import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExitAction, ProfilePlan, RestartPolicy } from '../../src/config/types.ts';
import { CommandError } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { temporaryFolder } from '../support/sockets.ts';
import { FakeDoor, isState, type Log, pidOf, profile, statusOf, supervise } from './support.ts';

const EXIT_CODES = { 75: 'at-once', 78: 'fail' } as const;

/** A gateway that exits with that code on SIGTERM. */
function ending(
  code: number,
  exitCodes: Readonly<Record<string, ExitAction>> = EXIT_CODES,
  changes: Partial<RestartPolicy> = {},
): ProfilePlan {
  return profile('alpha', 'serve.mjs', {
    env: { EXIT_CODE: [String(code)] },
    restart: { when: 'always', min: 10, max: 50, reset: 60_000, exitCodes, giveUp: null, ...changes },
  });
}

function reasons(log: Log, state: string): (string | null)[] {
  return log.events.flatMap((event) =>
    event.type === 'gateway.state' && event.state === state ? [event.reason] : [],
  );
}

test('exit code 75 is restarted at once, each time, and not counted', async (t) => {
  const { supervisor, log } = supervise(t, [
    ending(75, EXIT_CODES, { when: 'never', giveUp: { restarts: 0, within: 60_000 } }),
  ]);
  supervisor.start();
  await supervisor.settled();
  for (const generation of [2, 3, 4]) {
    const ready = log.next(isState('alpha', 'ready'));
    process.kill(pidOf(supervisor, 'alpha'), 'SIGTERM');
    await ready;
    assert.equal(statusOf(supervisor, 'alpha').generation, generation);
  }
  const { restarts, last_exit, last_error } = statusOf(supervisor, 'alpha');
  assert.deepEqual([restarts, last_exit?.code, last_error], [0, 75, null]);
  const asked = (request: number): string =>
    `exited with code 75; this code asks for a restart (${request} of at most 5)`;
  assert.deepEqual(reasons(log, 'starting'), [null, asked(1), asked(2), asked(3)]);
  assert.ok(!log.states('alpha').includes('backoff'));
});

test('a start that ends with 75 is tried again, does not count, and is no failure for those that wait for it', async (t) => {
  const lock = join(await temporaryFolder(t), 'lock');
  await writeFile(lock, '');
  const { restart } = ending(75);
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'locked.mjs', { env: { LOCK: [lock] }, restart }),
    profile('beta', 'serve.mjs', { after: ['alpha'] }),
  ]);
  supervisor.start();
  await log.first(isState('alpha', 'backoff'));
  const alpha = statusOf(supervisor, 'alpha');
  assert.deepEqual([typeof alpha.next_start_at, alpha.restart_requested], ['string', true]);
  assert.equal(statusOf(supervisor, 'beta').last_error, 'waits for alpha');
  const ready = supervisor.settled();
  await rm(lock);
  await ready;
  assert.deepEqual(
    ['alpha', 'beta'].map((name) => statusOf(supervisor, name).state),
    ['ready', 'ready'],
  );
  assert.equal(statusOf(supervisor, 'alpha').restarts, 0);
});

test('exit code 78 is failed until an operator starts it, and says how', async (t) => {
  const { supervisor, log } = supervise(t, [ending(78)]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  await supervisor.settled();
  process.kill(pidOf(supervisor, 'alpha'), 'SIGTERM');
  await log.first(isState('alpha', 'failed'));
  const why = 'exited with code 78; not restarted, as its exit_codes say; `gwproxy start alpha` tries again';
  const { state, last_error, restarts } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, last_error, restarts], ['failed', why, 0]);
  assert.deepEqual(reasons(log, 'failed'), [why]);
  assert.equal(door.target('alpha').state, 'down');
  await supervisor.startProfile('alpha');
  assert.equal(door.target('alpha').state, 'ready');
});

test('the error of a start that ends with 78 does not advise to start it', async (t) => {
  const { supervisor } = supervise(t, [
    { ...profile('alpha', 'exits.mjs', { env: { EXIT_CODE: ['78'] } }), restart: ending(78).restart },
  ]);
  await assert.rejects(
    supervisor.startProfile('alpha'),
    (error) => error instanceof CommandError && /code 78.*exit_codes say$/.test(error.message),
  );
});

test('a gateway that asks for restarts again and again waits in the end, and gives up if its policy says so', async (t) => {
  const { supervisor, log } = supervise(t, [
    ending(75, EXIT_CODES, { giveUp: { restarts: 1, within: 60_000 } }),
  ]);
  supervisor.start();
  const failed = log.first(isState('alpha', 'failed'));
  let state: Event = await log.first(isState('alpha', 'ready'));
  let generations = 1;
  while (!isState('alpha', 'failed')(state)) {
    const next = Promise.race([log.next(isState('alpha', 'ready')), failed]);
    process.kill(pidOf(supervisor, 'alpha'), 'SIGTERM');
    state = await next;
    generations += 1;
  }
  assert.equal(generations, 8, 'five restarts that do not count, one that does, and the end');
  const { restarts, last_error } = statusOf(supervisor, 'alpha');
  assert.equal(restarts, 1);
  assert.match(last_error ?? '', /^exited with code 75; gave up after 1 restart within 1m/);
});

test('what an exit code means is configurable', async (t) => {
  const { supervisor, log } = supervise(t, [ending(3, { 3: 'stop' })]);
  supervisor.start();
  await supervisor.settled();
  process.kill(pidOf(supervisor, 'alpha'), 'SIGTERM');
  await log.first(isState('alpha', 'stopped'));
  const { desired, last_error } = statusOf(supervisor, 'alpha');
  const why = 'exited with code 3; not restarted, as its exit_codes say';
  assert.deepEqual([desired, last_error], ['down', why]);
  assert.deepEqual(reasons(log, 'stopped'), [why]);
});

for (const code of [75, 78]) {
  test(`a stop that ends with ${code} is neither a crash nor a request for a restart`, async (t) => {
    const { supervisor, log } = supervise(t, [ending(code)]);
    supervisor.start();
    await supervisor.settled();
    await supervisor.restartProfile('alpha');
    await supervisor.stopProfile('alpha');
    const { state, last_exit, restarts } = statusOf(supervisor, 'alpha');
    assert.deepEqual([state, last_exit?.code, restarts], ['stopped', code, 0]);
    assert.deepEqual(log.states('alpha').slice(-3), ['draining', 'stopping', 'stopped']);
    assert.deepEqual(reasons(log, 'starting'), [null, null]);
  });
}

test('the first crash in a row is followed by a restart at once, the second by a wait', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'serve.mjs')]);
  supervisor.start();
  await supervisor.settled();
  const back = log.next(isState('alpha', 'ready'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
  await back;
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'starting', 'ready']);
  assert.deepEqual(reasons(log, 'starting'), [null, 'ended by SIGKILL']);
  assert.equal(statusOf(supervisor, 'alpha').restarts, 1);
  const waits = log.next(isState('alpha', 'backoff'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
  await waits;
  await log.next(isState('alpha', 'ready'));
  assert.equal(statusOf(supervisor, 'alpha').restarts, 2);
  assert.equal(reasons(log, 'starting').at(-1), null, 'the reason was reported with the backoff');
});
