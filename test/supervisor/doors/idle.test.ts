import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfilePlan } from '../../../src/config/types.ts';
import { createDoor } from '../../../src/door/door.ts';
import { IdleReports } from '../../../src/supervisor/doors/idle.ts';
import { LIMITS } from '../../door/support/door.ts';
import { FakeDoor, isState, profile, statusOf, supervise } from '../support.ts';

/** Each report is of the profile alpha; the time-out is 100, the moment 1000. */
function idleOf(...doors: string[]) {
  const idle = new IdleReports(() => doors);
  return (door: string, generation: number, inFlight: number, lastUsed: number): boolean =>
    idle.record(door, { profile: 'alpha', generation, inFlight, lastUsed }, 100, 1000);
}

test('a gateway is idle once its last request ended the whole time-out ago', () => {
  const load = idleOf('a');
  assert.equal(load('a', 1, 0, 901), false);
  assert.equal(load('a', 1, 0, 900), true);
  assert.equal(load('a', 1, 1, 500), false);
});

test('every door must have reported, and its newest report counts', () => {
  const load = idleOf('a', 'b');
  assert.equal(load('a', 1, 0, 500), false, 'the other has not reported');
  assert.equal(load('a', 1, 1, 990), false);
  assert.equal(load('b', 1, 0, 500), false, 'a was used again');
  assert.equal(load('a', 1, 0, 900), true);
});

test('a report on another generation does not count for this one', () => {
  const load = idleOf('a', 'b');
  load('a', 1, 0, 500);
  assert.equal(load('b', 2, 0, 500), false);
  assert.equal(load('a', 2, 0, 500), true);
  assert.equal(load('a', 1, 0, 500), false, 'generations can start at 1 again');
});

test('profiles do not mix, and a door counts once it is known', () => {
  const doors = ['a', 'b'];
  const idle = new IdleReports(() => doors);
  const isIdle = (door: string, profile: string): boolean =>
    idle.record(door, { profile, generation: 1, inFlight: 0, lastUsed: 0 }, 100, 1000);
  assert.equal(isIdle('a', 'alpha'), false);
  assert.equal(isIdle('b', 'beta'), false);
  assert.equal(isIdle('c', 'alpha'), false);
  assert.equal(isIdle('b', 'alpha'), true);
  doors.push('c');
  assert.equal(isIdle('a', 'alpha'), false);
  assert.equal(isIdle('c', 'alpha'), true);
});

const request = (id: string) => ({ id, profile: 'alpha', listener: 'http', deadlineAt: Date.now() + 15_000 });

function sleeper(changes: Parameters<typeof profile>[2] = {}): ProfilePlan {
  return profile('alpha', 'serve.mjs', { start: 'on-demand', idleTimeout: 60_000, ...changes });
}

test('an idle on-demand gateway is stopped in order, and its next request starts it', async (t) => {
  const { supervisor, log } = supervise(t, [sleeper({ env: { EXIT_CODE: ['78'] } })]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  supervisor.port.ensureReady(request('r1'));
  await log.first(isState('alpha', 'ready'));
  assert.equal(door.target('alpha').idleAfter, 60_000);
  assert.equal(statusOf(supervisor, 'alpha').desired, 'up');
  const from = door.snapshots.length;
  door.reportLoad(1);
  await log.first(isState('alpha', 'stopped'));
  assert.ok(log.lines('alpha').includes('told to stop'));
  assert.ok(door.snapshots.slice(from).every(({ targets }) => targets[0]?.state === 'pending'));
  const { state, desired, last_error, restarts } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, desired, last_error, restarts], ['stopped', 'on-demand', null, 0]);
  const states = log.events.flatMap((event) =>
    event.type === 'gateway.state' ? [[event.state, event.reason]] : [],
  );
  assert.deepEqual(states.slice(2), [
    ['draining', 'no request for 1m'],
    ['stopping', 'no request for 1m'],
    ['stopped', 'its next request starts it'],
  ]);
  supervisor.port.ensureReady(request('r2'));
  await log.next(isState('alpha', 'ready'));
  assert.equal(door.target('alpha').generation, 2);
});

test('a gateway that an operator started is stopped when idle too, and a request that comes meanwhile is not lost', async (t) => {
  const { supervisor, log } = supervise(t, [sleeper()]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  await supervisor.startProfile('alpha');
  door.reportLoad(1);
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopping');
  supervisor.port.ensureReady(request('r1'));
  await log.next(isState('alpha', 'ready'));
  assert.deepEqual(log.states('alpha'), ['starting', 'ready', 'draining', 'stopping', 'starting', 'ready']);
});

test("an operator's stop of a gateway that is idle holds", async (t) => {
  const { supervisor } = supervise(t, [sleeper()]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  await supervisor.startProfile('alpha');
  door.reportLoad(1);
  await supervisor.stopProfile('alpha');
  supervisor.port.ensureReady(request('r1'));
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  assert.equal(door.target('alpha').state, 'down');
});

test('behind a real door it sleeps, wakes for a request, and sleeps again', async (t) => {
  const { supervisor, log } = supervise(t, [sleeper({ idleTimeout: 50 })]);
  const door = createDoor({
    id: 'door-1',
    supervisor: supervisor.port,
    limits: LIMITS,
    publicUrl: null,
    report: log.report,
  });
  supervisor.addDoor(door.port);
  t.after(() => door.close(0));
  const { port } = await door.listen({ host: '127.0.0.1', port: 0 });
  supervisor.start();
  for (const generation of [1, 2]) {
    const sleeps = log.next(isState('alpha', 'stopped'));
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(response.status, 200);
    await response.text();
    await sleeps;
    assert.equal(statusOf(supervisor, 'alpha').generation, generation);
  }
});
