import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { diffPlans } from '../../../src/config/change/diff.ts';
import type { ProfilePlan } from '../../../src/config/types.ts';
import { initialState } from '../../../src/supervisor/lifecycle/begin.ts';
import { type GatewayState, type Phase, policyOf } from '../../../src/supervisor/lifecycle/state.ts';
import { StartOrder } from '../../../src/supervisor/starts/start-order.ts';
import {
  admit,
  emptyQueue,
  enqueue,
  freeSlot,
  prioritize,
  release,
} from '../../../src/supervisor/starts/start-queue.ts';
import {
  FakeDoor,
  isLine,
  isState,
  type Log,
  pidOf,
  planOf,
  profile,
  statusOf,
  supervise,
} from '../support.ts';

const STARTING: Phase = { name: 'starting', pid: null, met: [], served: false, restartedAfter: null };
const STOPPED: GatewayState = initialState(policyOf(profile('any', 'serve.mjs')));

/** Up to seven gateways; each may be started after any of those before it, so that there is no cycle. */
const anyFleet = fc
  .array(
    fc.record({ group: fc.constantFrom(null, 'g', 'h'), after: fc.array(fc.nat(6), { maxLength: 3 }) }),
    { minLength: 1, maxLength: 7 },
  )
  .map((members) =>
    members.map(({ group, after }, index) => ({
      name: `p${index}`,
      group,
      after: [...new Set(after)].filter((other) => other < index).map((other) => `p${other}`),
    })),
  );

const anyTurn = fc.record({
  which: fc.nat(6),
  what: fc.constantFrom('ready', 'failed', 'crashed', 'slow', 'awaited'),
});

test('no fleet comes to a standstill, whatever its groups, its after and start_concurrency are', () => {
  const property = fc.property(
    anyFleet,
    fc.integer({ min: 1, max: 3 }),
    fc.array(anyTurn, { maxLength: 40 }),
    (fleet, limit, turns) => {
      const states = new Map(fleet.map(({ name }) => [name, STOPPED]));
      const order = new StartOrder((name) => states.get(name));
      let queue = emptyQueue(limit);
      const settle = (name: string, phase: Phase): void => {
        states.set(name, { ...STOPPED, phase });
        queue = release(queue, name);
      };
      for (const { name, after } of fleet) order.wait(name, after);
      const unsettled = (): readonly string[] =>
        fleet
          .map(({ name }) => name)
          .filter((name) => order.has(name) || states.get(name)?.phase === STARTING);
      const random = [...turns];
      while (unsettled().length > 0) {
        for (let name = order.dequeue(); name !== undefined; name = order.dequeue()) {
          states.set(name, { ...STOPPED, phase: STARTING });
          const group = fleet.find((each) => each.name === name)?.group ?? null;
          queue = enqueue(queue, { name, group });
        }
        queue = admit(queue).queue;
        const starting = [...queue.running, ...queue.slow];
        const groups = starting.flatMap(({ group }) => group ?? []);
        assert.equal(new Set(groups).size, groups.length, 'two of a group start');
        const { which, what } = random.shift() ?? { which: 0, what: 'ready' };
        const start = starting[which % starting.length];
        assert.ok(start, `${unsettled().join(', ')} wait for ever`);
        if (what === 'ready') settle(start.name, { ...STARTING, name: 'ready', since: 0 });
        if (what === 'failed') settle(start.name, { name: 'failed' });
        if (what === 'crashed') queue = enqueue(release(queue, start.name), start);
        if (what === 'slow') queue = freeSlot(queue, start.name);
        if (what === 'awaited') queue = prioritize(queue, `p${which}`);
      }
    },
  );
  fc.assert(property);
});

const GROUP = { startGroup: 'shared' };
const serving = (name: string, changes: Partial<ProfilePlan> = {}): ProfilePlan =>
  profile(name, 'serve.mjs', { ...GROUP, ...changes });
const gated = (name: string, changes: Partial<ProfilePlan> = {}): ProfilePlan =>
  profile(name, 'gated.mjs', { ...GROUP, ...changes });
const NEVER = { restart: { when: 'never', min: 1, max: 1, reset: 1, exitCodes: {}, giveUp: null } } as const;

/** The most processes of these profiles that were starting at the same time, by the order of the events. */
function mostAtOnce(log: Log, names: readonly string[]): number {
  const starting = new Set<string>();
  const counts = log.events.map((event) => {
    if (event.type === 'gateway.state' && names.includes(event.profile)) {
      if (event.state === 'starting' && event.pid !== null) starting.add(event.profile);
      else starting.delete(event.profile);
    }
    return starting.size;
  });
  return Math.max(0, ...counts);
}

function becomeReady(pid: number): void {
  process.kill(pid, 'SIGUSR2');
}

function groupOfThree(t: TestContext) {
  const names = ['one', 'two', 'three'];
  return {
    names,
    ...supervise(
      t,
      names.map((name) => serving(name)),
    ),
  };
}

test('gateways of a group start one after the other, also past one that fails, and others do not wait', async (t) => {
  const { supervisor, log } = supervise(t, [
    gated('one'),
    gated('two', NEVER),
    gated('three'),
    serving('free', { startGroup: null }),
  ]);
  supervisor.start();
  await Promise.all([log.first(isLine('one', 'waiting')), log.first(isState('free', 'ready'))]);
  const { state, pid, last_error: why } = statusOf(supervisor, 'three');
  const reason = 'waits until one has started, since both are in start_group shared';
  assert.deepEqual([state, pid, why], ['starting', null, reason]);
  const reported = await log.first(isState('three', 'starting'));
  assert.ok(reported.type === 'gateway.state' && reported.pid === null && reported.reason === reason);
  becomeReady(pidOf(supervisor, 'one'));
  await log.first(isLine('two', 'waiting'));
  assert.match(statusOf(supervisor, 'three').last_error ?? '', /^waits until two has started/);
  process.kill(pidOf(supervisor, 'two'), 'SIGKILL');
  await log.first(isLine('three', 'waiting'));
  assert.equal(statusOf(supervisor, 'two').state, 'failed');
  becomeReady(pidOf(supervisor, 'three'));
  await log.first(isState('three', 'ready'));
  assert.equal(mostAtOnce(log, ['one', 'two', 'three']), 1);
});

test('gateways of a group that crash together, or are restarted together, come back one at a time', async (t) => {
  const { supervisor, log, names } = groupOfThree(t);
  supervisor.start();
  await supervisor.settled();
  const back = names.map((name) => log.next(isState(name, 'ready')));
  for (const name of names) process.kill(pidOf(supervisor, name), 'SIGKILL');
  await Promise.all(back);
  await Promise.all(names.map((name) => supervisor.restartProfile(name)));
  for (const name of names) assert.equal(statusOf(supervisor, name).generation, 3);
  assert.equal(mostAtOnce(log, names), 1);
});

test('a gateway that a request waits for is the next of its group, and no slot is used by those that wait', async (t) => {
  const { supervisor, log } = supervise(
    t,
    [
      gated('one'),
      gated('two'),
      serving('demand', { start: 'on-demand' }),
      serving('free', { startGroup: null }),
    ],
    { startConcurrency: 2 },
  );
  supervisor.addDoor(new FakeDoor('door', supervisor.port));
  supervisor.start();
  await Promise.all([log.first(isLine('one', 'waiting')), log.first(isState('free', 'ready'))]);
  supervisor.port.ensureReady({ id: 'r1', profile: 'demand', listener: 'http', deadlineAt: 0 });
  assert.match(statusOf(supervisor, 'demand').last_error ?? '', /^waits until one has started/);
  becomeReady(pidOf(supervisor, 'one'));
  await log.first(isState('demand', 'ready'));
  await log.first(isLine('two', 'waiting'));
  assert.equal(mostAtOnce(log, ['one', 'two', 'demand']), 1);
});

test('a profile that a changed config adds to a group waits for it, and one that leaves it does not', async (t) => {
  const before = [gated('one'), gated('two')];
  const { supervisor, log } = supervise(t, before);
  supervisor.start();
  await log.first(isLine('one', 'waiting'));
  const after = [gated('one'), gated('two', { startGroup: null }), serving('added')];
  supervisor.apply(planOf(after), diffPlans(planOf(before), planOf(after)));
  await log.first(isLine('two', 'waiting'));
  assert.match(statusOf(supervisor, 'added').last_error ?? '', /^waits until one has started/);
  await supervisor.stopProfile('one');
  await log.first(isState('added', 'ready'));
  assert.deepEqual(log.lines('two'), ['waiting'], 'the change of start_group restarts nothing');
});

test('a start that is given up keeps its group until its process has ended, and frees its slot at once', async (t) => {
  const stubborn = serving('one', {
    launch: profile('one', 'worker.mjs', { env: { STUBBORN: ['1'] } }).launch,
    listeners: [],
    ready: { kind: 'lived', after: 3_600_000 },
  });
  const { supervisor, log } = supervise(
    t,
    [stubborn, serving('two'), serving('three'), serving('free', { startGroup: null, start: 'manual' })],
    { startConcurrency: 1 },
  );
  supervisor.start();
  await log.first(isLine('one', 'up without PORT'));
  const pid = pidOf(supervisor, 'one');
  const stopped = supervisor.stopProfile('one');
  await log.first(isLine('one', 'asked to end'));
  assert.match(statusOf(supervisor, 'two').last_error ?? '', /^waits until one has /);
  await supervisor.startProfile('free');
  await supervisor.stopProfile('two');
  assert.equal(statusOf(supervisor, 'one').state, 'stopping');
  assert.equal(statusOf(supervisor, 'three').pid, null);
  process.kill(pid, 'SIGKILL');
  await stopped;
  await log.first(isState('three', 'ready'));
  const ended = log.events.findIndex(isState('one', 'stopped'));
  const began = log.events.findIndex(
    (event) => event.type === 'gateway.state' && event.profile === 'three' && event.pid !== null,
  );
  assert.ok(ended !== -1 && ended < began, 'the next of the group begins once the process has ended');
});
