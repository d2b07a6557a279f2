import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ProfilePlan } from '../../../src/config/types.ts';
import { FakeDoor, isLine, isState, type Log, pidOf, profile, statusOf, supervise } from '../support.ts';

/** One start at a time, of gateways that become ready at SIGUSR2 and occupy their slot until then. */
function oneByOne(t: TestContext, profiles: readonly ProfilePlan[]) {
  return supervise(t, profiles, { startConcurrency: 1 });
}

/** Names in the order in which their first processes began. */
function begun(log: Log): readonly string[] {
  const all = log.events.flatMap((event) =>
    event.type === 'gateway.state' && event.state === 'starting' ? [event.profile] : [],
  );
  return [...new Set(all)];
}

const serving = (name: string): ProfilePlan => profile(name, 'serve.mjs');
const hanging = (name: string): ProfilePlan => profile(name, 'gated.mjs');
const request = { id: 'r1', listener: 'http', deadlineAt: 0 };

test('gateways start in the order of the config', async (t) => {
  const names = ['gamma', 'alpha', 'delta', 'beta', 'zeta'];
  const { supervisor, log } = oneByOne(t, names.map(serving));
  supervisor.start();
  await supervisor.settled();
  assert.deepEqual(begun(log), names);
});

test('a gateway that crashed comes back before others that hang at their start', async (t) => {
  const { supervisor, log } = oneByOne(t, [serving('alpha'), hanging('one'), hanging('two')]);
  supervisor.start();
  await log.first(isLine('one', 'waiting'));
  const waiting = statusOf(supervisor, 'two');
  assert.deepEqual([waiting.state, waiting.pid], ['starting', null]);
  assert.match(waiting.last_error ?? '', /^waits to start: start_concurrency/);
  const back = log.next(isState('alpha', 'ready'));
  process.kill(pidOf(supervisor, 'alpha'), 'SIGKILL');
  await back;
  assert.deepEqual(begun(log), ['alpha', 'one'], 'nobody waits for the other');
});

test('a start by the operator does not wait for starts that hang either', async (t) => {
  const manual: ProfilePlan = { ...serving('beta'), start: 'manual' };
  const { supervisor, log } = oneByOne(t, [serving('alpha'), hanging('one'), hanging('two'), manual]);
  supervisor.start();
  await log.first(isLine('one', 'waiting'));
  await supervisor.restartProfile('alpha');
  await supervisor.startProfile('beta');
  assert.deepEqual(begun(log), ['alpha', 'one', 'beta']);
});

test('a gateway that a request waits for starts first, from its very first request on', async (t) => {
  const onDemand: ProfilePlan = { ...serving('alpha'), start: 'on-demand' };
  const { supervisor, log } = oneByOne(t, [hanging('one'), hanging('two'), onDemand]);
  supervisor.addDoor(new FakeDoor('door', supervisor.port));
  supervisor.start();
  await log.first(isLine('one', 'waiting'));
  supervisor.port.ensureReady({ ...request, profile: 'alpha' });
  await log.first(isState('alpha', 'ready'));
  assert.deepEqual(begun(log), ['one', 'alpha']);
});

test('a request that comes while its gateway is in backoff prioritizes its next start', async (t) => {
  const failing = profile('alpha', 'exits.mjs', {
    env: { EXIT_CODE: ['1'] },
    restart: { when: 'always', min: 300, max: 300, reset: 60_000, exitCodes: {}, giveUp: null },
  });
  const { supervisor, log } = oneByOne(t, [failing, hanging('one'), hanging('two')]);
  supervisor.start();
  await log.first(isState('alpha', 'backoff'));
  supervisor.port.ensureReady({ ...request, profile: 'alpha' });
  await log.first(isLine('one', 'waiting'));
  for (let tries = 0; tries < 3; tries += 1) await log.next(isState('alpha', 'backoff'));
  assert.deepEqual(begun(log), ['alpha', 'one']);
});

test('an on-demand gateway that ends before it is ready, and must not be restarted, has failed', async (t) => {
  const inVain = profile('alpha', 'exits.mjs', {
    env: { EXIT_CODE: ['0'] },
    start: 'on-demand',
    restart: { when: 'on-failure', min: 1, max: 2, reset: 60_000, exitCodes: {}, giveUp: null },
  });
  const { supervisor, log } = supervise(t, [inVain]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  supervisor.port.ensureReady({ ...request, profile: 'alpha' });
  await log.first(isState('alpha', 'failed'));
  // The operator who waits gets the error at once, and the next request starts nothing.
  assert.equal(door.target('alpha').state, 'down');
  supervisor.port.ensureReady({ ...request, profile: 'alpha' });
  const { state, generation, last_error } = statusOf(supervisor, 'alpha');
  assert.deepEqual([state, generation], ['failed', 1]);
  assert.match(
    last_error ?? '',
    /exited with code 0: about to end; not restarted, as its restart policy says/,
  );
});
