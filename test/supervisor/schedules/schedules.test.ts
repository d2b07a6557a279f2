import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ProfilePlan, Schedule } from '../../../src/config/types.ts';
import type { Event } from '../../../src/events.ts';
import { initialState } from '../../../src/supervisor/lifecycle/begin.ts';
import type { GatewayEvent, GatewayState } from '../../../src/supervisor/lifecycle/state.ts';
import { policyOf } from '../../../src/supervisor/lifecycle/state.ts';
import { type ScheduledGateway, Schedules } from '../../../src/supervisor/schedules/schedules.ts';
import { profile } from '../support.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** Noon on some day, in UTC. */
const NOON = Date.parse('2026-06-01T12:00:00Z');

const daily: Schedule = { action: 'restart', pattern: '0 4 * * *', timezone: 'UTC' };

function bot(name: string, schedule: Schedule | null = daily): ProfilePlan {
  return profile(name, 'serve.mjs', { schedule });
}

/** A gateway that is ready, and whose restarts end when the test says so. */
class FakeGateway implements ScheduledGateway {
  readonly events: GatewayEvent[] = [];
  #waiters: (() => void)[] = [];
  #state: GatewayState;

  constructor(name: string) {
    this.#state = {
      ...initialState(policyOf(bot(name))),
      generation: 1,
      spawnedAt: NOON - DAY,
      phase: { name: 'ready', pid: 1, met: [], served: true, since: NOON - DAY },
    };
  }

  get state(): GatewayState {
    return this.#state;
  }

  dispatch(event: GatewayEvent): void {
    this.events.push(event);
    this.change({ phase: { name: 'draining', pid: 1, after: { kind: 'start', reason: null } } });
  }

  change(changes: Partial<GatewayState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  /** The restart is done. */
  restarted(at: number): void {
    const { generation } = this.#state;
    const phase = { name: 'ready', pid: 2, met: [], served: true, since: at } as const;
    this.change({ phase, generation: generation + 1, spawnedAt: at });
  }

  async until(done: (state: GatewayState) => boolean): Promise<GatewayState> {
    while (!done(this.#state)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.#state;
  }
}

/** Schedules on a clock that the test moves; timers go with it, as on a machine that does not sleep. */
function world(t: TestContext, names: readonly string[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = NOON;
  const events: Event[] = [];
  const gateways = new Map(names.map((name) => [name, new FakeGateway(name)]));
  const schedules = new Schedules({
    gateway: (name) => gateways.get(name),
    report: (event) => events.push(event),
    now: () => now,
  });
  t.after(() => schedules.end());
  return {
    schedules,
    events,
    of: (name: string): FakeGateway => {
      const gateway = gateways.get(name);
      assert.ok(gateway !== undefined);
      return gateway;
    },
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 10_000) {
        now += Math.min(left, 10_000);
        t.mock.timers.tick(Math.min(left, 10_000));
        await Promise.resolve();
      }
    },
    /** The machine sleeps, or its clock is set: no timer counts it. */
    jump(ms: number): void {
      now += ms;
    },
    now: () => now,
    /** The names of the gateways that were told to restart. */
    restarted: (): readonly string[] => names.filter((name) => gateways.get(name)?.events.length),
  };
}

/** Lets what is settled be carried on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('three gateways with one schedule restart one after the other, in the order of the config', async (t) => {
  const { schedules, of, pass, restarted, now } = world(t, ['a', 'b', 'c']);
  schedules.follow(['a', 'b', 'c'].map((name) => bot(name)));
  assert.equal(schedules.status('a')?.next_at, '2026-06-02T04:00:00.000Z');
  await pass(16 * HOUR - 1);
  assert.deepEqual(restarted(), [], 'not before its time');
  await pass(1);
  assert.deepEqual(restarted(), ['a']);
  assert.deepEqual(of('a').events, [{ type: 'scheduledRestart', reason: 'scheduled restart (0 4 * * *)' }]);
  of('a').restarted(now());
  await settle();
  assert.deepEqual(restarted(), ['a', 'b']);
  of('b').change({ phase: { name: 'failed' } });
  await settle();
  assert.deepEqual(restarted(), ['a', 'b', 'c'], 'one that fails does not hold up the others');
  of('c').restarted(now());
  await settle();
  const { next_at, last_at, skipped } = schedules.status('c') ?? {};
  assert.deepEqual([next_at, last_at, skipped], ['2026-06-03T04:00:00.000Z', '2026-06-02T04:00:00.000Z', 0]);
});

test('a gateway that still waits for its restart when the next one is due is restarted once, and that is reported', async (t) => {
  const { schedules, of, pass, restarted, now, events } = world(t, ['a', 'b']);
  const often: Schedule = { ...daily, pattern: '*/10 * * * *' };
  schedules.follow([bot('a', often), bot('b', often)]);
  await pass(20 * 60_000);
  assert.deepEqual(restarted(), ['a']);
  assert.deepEqual(
    events.map((event) => (event.type === 'schedule.skipped' ? [event.profile, event.reason] : [])),
    [
      ['a', 'busy'],
      ['b', 'busy'],
    ],
  );
  assert.equal(schedules.status('b')?.skipped, 1);
  of('a').restarted(now());
  await settle();
  assert.deepEqual([of('a').events.length, of('b').events.length], [1, 1]);
});

test('a gateway that is stopped, or has started since the moment, is not restarted', async (t) => {
  const { schedules, of, pass, now } = world(t, ['a', 'b', 'c']);
  schedules.follow(['a', 'b', 'c'].map((name) => bot(name)));
  of('b').change({ phase: { name: 'stopped' } });
  await pass(16 * HOUR);
  await pass(5000);
  of('c').restarted(now());
  of('a').restarted(now());
  await settle();
  assert.deepEqual([of('b').events.length, of('c').events.length], [0, 0]);
  const { last_at, skipped } = schedules.status('c') ?? {};
  assert.deepEqual([last_at, skipped], [null, 0]);
});

test('a moment in a long sleep is skipped and reported; one in a short sleep is made up for', async (t) => {
  const { schedules, events, jump, pass, restarted } = world(t, ['a']);
  schedules.follow([bot('a')]);
  jump(20 * HOUR);
  await pass(30_000);
  assert.deepEqual(restarted(), []);
  const moment = NOON + 16 * HOUR;
  assert.deepEqual(events, [
    { type: 'schedule.skipped', profile: 'a', action: 'restart', moment, timezone: 'UTC', reason: 'missed' },
  ]);
  jump(20.5 * HOUR);
  await pass(30_000);
  assert.deepEqual(restarted(), ['a']);
});

test('a schedule of ninety days does not fire at once, as a single timer would', async (t) => {
  const { schedules, pass, restarted } = world(t, ['a']);
  schedules.follow([bot('a', { ...daily, pattern: '0 12 30 8 *' })]);
  await pass(HOUR);
  assert.deepEqual(restarted(), []);
  assert.equal(schedules.status('a')?.next_at, '2026-08-30T12:00:00.000Z');
});

test('a changed schedule counts from now on, and an unchanged one keeps its moment and its count', async (t) => {
  const { schedules, jump, pass, restarted } = world(t, ['a', 'b']);
  schedules.follow([bot('a'), bot('b')]);
  jump(20 * HOUR);
  await pass(30_000);
  schedules.follow([bot('a', { ...daily, pattern: '0 9 * * *' }), bot('b')]);
  assert.equal(schedules.status('a')?.next_at, '2026-06-02T09:00:00.000Z');
  assert.deepEqual([schedules.status('a')?.skipped, schedules.status('b')?.skipped], [1, 1]);
  schedules.follow([bot('a', null), bot('b')]);
  assert.equal(schedules.status('a'), null);
  await pass(HOUR);
  assert.deepEqual(restarted(), []);
  jump(19 * HOUR);
  schedules.follow([bot('a', null), bot('b')]);
  assert.deepEqual(restarted(), ['b'], 'its moment had come just before the change');
});

const job: Schedule = { action: 'run', pattern: '0 4 * * *', timezone: 'UTC', timeout: null };

/** Makes it a job that waits for its moment. */
function waiting(gateway: FakeGateway): void {
  gateway.change({ phase: { name: 'stopped' }, desired: 'demand' });
}

test('jobs with one moment run at once, beside a restart that is due', async (t) => {
  const { schedules, of, pass } = world(t, ['a', 'b', 'c']);
  schedules.follow([bot('a', job), bot('b'), bot('c', job)]);
  waiting(of('a'));
  waiting(of('c'));
  await pass(16 * HOUR);
  assert.deepEqual(of('a').events, [{ type: 'scheduledRun' }]);
  assert.deepEqual(of('c').events, [{ type: 'scheduledRun' }]);
  assert.equal(of('b').events.length, 1);
  assert.equal(schedules.status('a')?.last_at, '2026-06-02T04:00:00.000Z');
});

test('a job that still runs at its next moment is not run again, and that is reported', async (t) => {
  const { schedules, events, of, pass } = world(t, ['a']);
  schedules.follow([bot('a', job)]);
  of('a').change({ desired: 'up' });
  await pass(16 * HOUR);
  const moment = NOON + 16 * HOUR;
  assert.deepEqual(events, [
    { type: 'schedule.skipped', profile: 'a', action: 'run', moment, timezone: 'UTC', reason: 'busy' },
  ]);
  assert.deepEqual([of('a').events.length, schedules.status('a')?.skipped], [0, 1]);
});

test('a job that the operator stopped is left alone, and nothing is reported', async (t) => {
  const { schedules, events, of, pass } = world(t, ['a']);
  schedules.follow([bot('a', job)]);
  of('a').change({ phase: { name: 'stopped' }, desired: 'down' });
  await pass(16 * HOUR);
  assert.deepEqual([of('a').events, events, schedules.status('a')?.last_at], [[], [], null]);
});

test('a moment at which nothing would have been done is not counted as skipped', async (t) => {
  const names = ['stopped', 'failing', 'off', 'slow', 'waits'];
  const { schedules, events, of, jump, pass } = world(t, names);
  const often: Schedule = { ...daily, pattern: '*/10 * * * *' };
  schedules.follow([
    bot('stopped'),
    bot('failing'),
    bot('off', job),
    bot('slow', often),
    bot('waits', often),
  ]);
  of('stopped').change({ phase: { name: 'stopped' } });
  of('failing').change({ phase: { name: 'backoff', nextStartAt: NOON, requested: false } });
  of('off').change({ phase: { name: 'stopped' }, desired: 'down' });
  await pass(10 * 60_000);
  of('waits').change({ phase: { name: 'stopped' } });
  await pass(10 * 60_000);
  const skipped = (): readonly string[] =>
    events.flatMap((event) => (event.type === 'schedule.skipped' ? [event.profile] : []));
  assert.deepEqual(skipped(), ['slow'], 'its restart is not done');
  jump(20 * HOUR);
  await pass(30_000);
  assert.deepEqual(
    skipped().filter((name) => name !== 'slow'),
    [],
  );
  assert.equal(schedules.status('stopped')?.skipped, 0);
});

test('once it has ended, nothing is restarted, not even what waits for its turn', async (t) => {
  const { schedules, of, pass, restarted, now } = world(t, ['a', 'b']);
  schedules.follow([bot('a'), bot('b')]);
  await pass(16 * HOUR);
  schedules.end();
  of('a').restarted(now());
  await settle();
  await pass(DAY);
  assert.deepEqual(restarted(), ['a']);
});
