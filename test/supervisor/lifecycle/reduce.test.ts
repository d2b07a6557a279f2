import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HealthCommand, ProfilePlan, ReadyRule, RestartPolicy } from '../../../src/config/types.ts';
import { reduce } from '../../../src/supervisor/lifecycle/reduce.ts';
import { type GatewayEvent, policyOf, type Step } from '../../../src/supervisor/lifecycle/state.ts';
import { listener, profile } from '../support.ts';
import { type Happening, World } from './model.ts';

const ghosts: fc.Arbitrary<GatewayEvent> = fc.constantFrom<GatewayEvent>(
  { type: 'spawned', generation: 0, pid: 1 },
  { type: 'spawnFailed', generation: 0, reason: 'late' },
  { type: 'conditionMet', generation: 0, condition: { kind: 'listener', name: 'messages' } },
  { type: 'conditionLost', generation: 0, condition: { kind: 'listener', name: 'messages' }, reason: 'late' },
  { type: 'exited', generation: 0, code: 1, signal: null, lastWords: { kind: 'unknown' }, groupLeft: false },
  { type: 'gone', generation: 0 },
  { type: 'trouble', generation: 0, reason: 'late' },
  { type: 'hung', generation: 0, condition: { kind: 'listener', name: 'messages' }, reason: 'late' },
  { type: 'memoryExceeded', generation: 0, reason: 'late' },
  { type: 'idle', generation: 0 },
  { type: 'drained', generation: 0 },
  { type: 'startTimeout', generation: 0, detail: '', lastWords: { kind: 'unknown' } },
  { type: 'readyAfter', generation: 0 },
  { type: 'drainTimeout', generation: 0 },
  { type: 'graceTimeout', generation: 0 },
  { type: 'backoffElapsed', generation: 0 },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<Happening>(
      { type: 'start' },
      { type: 'restart' },
      { type: 'ensureReady' },
      { type: 'stop' },
      { type: 'stopAtOnce' },
    ),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom<Happening>(
      { type: 'spawnSucceeds' },
      { type: 'spawnSucceeds' },
      { type: 'spawnFails' },
      { type: 'groupEnds' },
      { type: 'doorsLetGo' },
      { type: 'timerFires' },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Happening>(
      { type: 'hung' },
      { type: 'memoryExceeded' },
      { type: 'idle' },
      { type: 'idle' },
      { type: 'scheduledRestart' },
      { type: 'scheduledRestart' },
      { type: 'scheduledRun' },
      { type: 'reconfigured' },
      { type: 'scheduledRun' },
    ),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom('conditionMet' as const, 'conditionMet' as const, 'conditionLost' as const),
      nth: fc.nat(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('leaderExits' as const),
      code: fc.constantFrom(0, 1, 3, 4, 75, 78, null),
      groupLeft: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ghost' as const), event: ghosts }) },
);

const EXIT_CODES: RestartPolicy['exitCodes'] = { 0: 'backoff', 3: 'stop', 75: 'at-once', 78: 'fail' };

const HEALTH_COMMAND: HealthCommand = {
  command: ['is-alive'],
  interval: 10,
  timeout: 10,
  failures: 1,
  successes: 1,
  restartAfter: 100,
};

const LISTENERS = [
  { ...listener, name: 'messages' },
  { ...listener, name: 'webhook' },
];

const service: fc.Arbitrary<ProfilePlan> = fc
  .record({
    start: fc.constantFrom('always' as const, 'on-demand' as const, 'manual' as const),
    when: fc.constantFrom<RestartPolicy['when']>('always', 'on-failure', 'never'),
    giveUp: fc.constantFrom(null, { restarts: 1, within: 100 }),
    idleTimeout: fc.constantFrom(null, 1000),
    url: fc.boolean(),
    ready: fc.constantFrom<ReadyRule>(
      { kind: 'listeners' },
      { kind: 'lived', after: 1000 },
      { kind: 'log', text: 'up' },
      { kind: 'ipc' },
      { kind: 'command', health: HEALTH_COMMAND },
    ),
    port: fc.boolean(),
  })
  .map(({ start, when, giveUp, idleTimeout, url, ready, port }) => ({
    ...profile('alpha', 'half.mjs', {
      start,
      idleTimeout,
      restart: { when, min: 10, max: 100, reset: 30, exitCodes: EXIT_CODES, giveUp },
      ready,
      listeners: ready.kind === 'listeners' || (ready.kind === 'ipc' && port) ? LISTENERS : [],
    }),
    ...(url && ready.kind === 'listeners' ? { launch: { kind: 'url' } as const } : {}),
  }));

/** A job, as it is scheduled, or as `up` starts it that names other profiles. */
const job: fc.Arbitrary<ProfilePlan> = fc
  .record({
    start: fc.constantFrom('scheduled' as const, 'manual' as const),
    timeout: fc.constantFrom(null, 2000),
  })
  .map(({ start, timeout }) => aJob({ start }, timeout));

function aJob(changes: Partial<ProfilePlan> = {}, timeout: number | null = null): ProfilePlan {
  return profile('alpha', 'worker.mjs', {
    start: 'scheduled',
    listeners: [],
    ready: { kind: 'lived', after: 1000 },
    schedule: { action: 'run', pattern: '0 4 * * *', timezone: null, timeout },
    ...changes,
  });
}

const gateway = fc.oneof({ weight: 3, arbitrary: service }, { weight: 1, arbitrary: job });

test('whatever happens in whatever order, the promises of a gateway hold', () => {
  fc.assert(
    fc.property(gateway, fc.array(happening, { maxLength: 80, size: 'max' }), (plan, happenings) => {
      const world = new World(plan);
      for (const each of happenings) world.happen(each);
    }),
    { numRuns: 3000 },
  );
});

test('a stop always ends in stopped, with nothing left', () => {
  fc.assert(
    fc.property(
      gateway,
      fc.array(happening, { maxLength: 60, size: 'max' }),
      fc.boolean(),
      (plan, happenings, atOnce) => {
        const world = new World(plan);
        for (const each of happenings) world.happen(each);
        world.happen({ type: atOnce ? 'stopAtOnce' : 'stop' });
        world.runOut();
        assert.equal(world.state.phase.name, 'stopped');
        assert.equal(world.group, null);
        world.happen({ type: 'ensureReady' });
        assert.equal(world.state.phase.name, 'stopped');
      },
    ),
    { numRuns: 1000 },
  );
});

/** All that a gateway which is leaving may wait for. */
const leaving: readonly Happening[] = [
  { type: 'doorsLetGo' },
  { type: 'spawnFails' },
  { type: 'leaderExits', code: 0, groupLeft: false },
  { type: 'groupEnds' },
];

test('a start that is not stopped becomes ready once all of its conditions are met', () => {
  fc.assert(
    fc.property(gateway, fc.array(happening, { maxLength: 60, size: 'max' }), (plan, happenings) => {
      const world = new World(plan);
      for (const each of happenings) world.happen(each);
      world.happen({ type: 'stop' });
      world.happen({ type: 'start' });
      for (const next of leaving) if (world.state.phase.name !== 'starting') world.happen(next);
      world.happen({ type: 'spawnSucceeds' });
      world.happen({ type: 'conditionMet', nth: 0 });
      world.happen({ type: 'conditionMet', nth: 1 });
      world.happen({ type: 'conditionMet', nth: 2 });
      if (world.timer?.name === 'readyAfter') world.happen({ type: 'timerFires' });
      assert.equal(world.state.phase.name, 'ready');
      assert.equal(world.state.lastError, null);
    }),
    { numRuns: 1000 },
  );
});

/** A gateway that is ready, in a world where each happening is 10 ms after the last. */
function readyWorld(changes: Partial<ProfilePlan> = {}): World {
  const restart: RestartPolicy = {
    when: 'always',
    min: 10,
    max: 100,
    reset: 1000,
    exitCodes: EXIT_CODES,
    giveUp: null,
  };
  const world = new World(profile('alpha', 'serve.mjs', { restart, ...changes }));
  world.happen({ type: 'start' });
  comeUp(world);
  return world;
}

function comeUp(world: World): void {
  world.happen({ type: 'spawnSucceeds' });
  world.happen({ type: 'conditionMet', nth: 0 });
  assert.equal(world.state.phase.name, 'ready');
}

const phaseOf = ({ state }: World): string => state.phase.name;

const exit = (code: number): Happening => ({ type: 'leaderExits', code, groupLeft: false });

test('a stable uptime resets the waits, a short one does not', () => {
  const world = readyWorld();
  world.happen(exit(1));
  assert.equal(phaseOf(world), 'starting', 'the first waits for nothing');
  comeUp(world);
  world.happen(exit(1));
  assert.equal(phaseOf(world), 'backoff');
  assert.equal(world.state.history.level, 2);
  world.happen({ type: 'timerFires' });
  comeUp(world);
  // 100 of them make the second that it takes.
  for (let beat = 0; beat < 100; beat += 1) world.happen({ type: 'conditionMet', nth: 0 });
  world.happen(exit(1));
  assert.equal(phaseOf(world), 'starting');
  assert.equal(world.state.history.level, 1);
  assert.equal(world.state.restarts, 3);
});

test('a restart that its exit code asks for leaves the count and the waits alone', () => {
  const world = readyWorld();
  world.happen(exit(1));
  comeUp(world);
  for (let round = 1; round <= 5; round += 1) {
    world.happen(exit(75));
    const reason = `exited with code 75; this code asks for a restart (${round} of at most 5)`;
    assert.equal(world.state.lastError, reason);
    comeUp(world);
  }
  assert.equal(world.state.restarts, 1);
  assert.equal(world.state.history.level, 1);
});

test('an exit that asks for a restart before the gateway was ready is tried again ten times, then backed off', () => {
  const world = readyWorld({ start: 'manual' });
  world.happen({ type: 'restart' });
  world.happen({ type: 'doorsLetGo' });
  world.happen(exit(0));
  for (let round = 1; round <= 10; round += 1) {
    world.happen({ type: 'spawnSucceeds' });
    world.happen(exit(75));
    const reason = `exited with code 75; this code asks for a restart (${round} of at most 10)`;
    assert.deepEqual([phaseOf(world), world.state.lastError], ['backoff', reason]);
    world.happen({ type: 'timerFires' });
  }
  assert.deepEqual([world.state.restarts, world.state.history.level], [0, 0]);
  world.happen({ type: 'spawnSucceeds' });
  world.happen(exit(75));
  assert.deepEqual([phaseOf(world), world.state.lastError], ['backoff', 'exited with code 75']);
  world.happen({ type: 'timerFires' });
  assert.deepEqual([world.state.restarts, world.state.history.level], [1, 2]);
});

test('a gateway that hangs is ended in order and started again, and waits the next time', () => {
  const world = readyWorld();
  const hang = (): void => {
    world.happen({ type: 'hung' });
    assert.equal(phaseOf(world), 'draining');
    world.happen({ type: 'timerFires' });
    world.happen({ type: 'timerFires' });
    assert.equal(phaseOf(world), 'stopping', 'it ignored its signal, too');
    world.happen({ type: 'leaderExits', code: null, groupLeft: false });
    assert.equal(world.state.lastError, 'listener messages is hung: it hangs');
  };
  hang();
  assert.equal(world.state.restarts, 1);
  comeUp(world);
  hang();
  assert.equal(phaseOf(world), 'backoff');
});

test('a request that comes while an idle gateway ends starts it again', () => {
  const world = readyWorld({ start: 'on-demand', idleTimeout: 1000 });
  world.happen({ type: 'idle' });
  world.happen({ type: 'doorsLetGo' });
  assert.equal(phaseOf(world), 'stopping');
  world.happen({ type: 'ensureReady' });
  world.happen(exit(1));
  assert.equal(phaseOf(world), 'starting');
  assert.equal(world.state.desired, 'up');
  assert.equal(world.state.restarts, 0);
});

test('a scheduled restart drains, says why, and leaves the count and the waits alone', () => {
  const world = readyWorld();
  world.happen(exit(1));
  comeUp(world);
  const { history, restarts } = world.state;
  world.happen({ type: 'scheduledRestart' });
  assert.equal(phaseOf(world), 'draining');
  world.happen({ type: 'doorsLetGo' });
  world.happen(exit(0));
  const { phase } = world.state;
  assert.ok(phase.name === 'starting');
  assert.equal(phase.restartedAfter, 'its time has come');
  assert.deepEqual([world.state.history, world.state.restarts], [history, restarts]);
  comeUp(world);
  world.happen(exit(1));
  assert.equal(phaseOf(world), 'backoff', 'the crash before the restart still counts');
});

test('an operator who stops a gateway during its scheduled restart keeps it stopped', () => {
  const world = readyWorld();
  world.happen({ type: 'scheduledRestart' });
  world.happen({ type: 'stop' });
  world.happen({ type: 'doorsLetGo' });
  world.happen(exit(0));
  assert.equal(phaseOf(world), 'stopped');
  world.happen({ type: 'scheduledRestart' });
  assert.equal(phaseOf(world), 'stopped');
});

test('a gateway without listeners is ready once it has lived for long enough, and is signalled without a drain', () => {
  const world = new World(
    profile('alpha', 'worker.mjs', { listeners: [], ready: { kind: 'lived', after: 1000 } }),
  );
  world.happen({ type: 'start' });
  world.happen({ type: 'spawnSucceeds' });
  assert.equal(phaseOf(world), 'starting');
  assert.equal(world.timer?.name, 'readyAfter');
  world.happen({ type: 'timerFires' });
  assert.equal(phaseOf(world), 'ready');
  world.happen({ type: 'stop' });
  assert.equal(phaseOf(world), 'stopping', 'no door can hold a lease on it');
});

test('a changed ready_after counts the time that the gateway has lived, and nothing else begins its timer anew', () => {
  const plan = profile('alpha', 'worker.mjs', { listeners: [], ready: { kind: 'lived', after: 1000 } });
  const world = new World(plan);
  world.happen({ type: 'start' });
  const reconfigured = (at: number, readyAfter: number | null): Step['effects'] =>
    reduce(world.state, { type: 'reconfigured', at, random: 0 }, { ...policyOf(plan), readyAfter }).effects;
  assert.deepEqual(reconfigured(0, 500), [], 'it has not been spawned');
  world.happen({ type: 'spawnSucceeds' });
  const { spawnedAt, generation } = world.state;
  assert.ok(spawnedAt !== null);
  const timer = { type: 'startTimer', name: 'readyAfter', generation };
  assert.deepEqual(reconfigured(spawnedAt + 200, 500), [{ ...timer, ms: 300 }]);
  assert.deepEqual(reconfigured(spawnedAt + 900, 500), [{ ...timer, ms: 1 }]);
  assert.deepEqual(reconfigured(spawnedAt + 200, null), []);
  world.happen({ type: 'timerFires' });
  assert.deepEqual(reconfigured(spawnedAt + 2000, 500), [], 'it is ready');
});

test('a gateway without listeners that ends before it has lived for long enough waits from its first restart on', () => {
  const world = new World(
    profile('alpha', 'worker.mjs', { listeners: [], ready: { kind: 'lived', after: 1000 } }),
  );
  world.happen({ type: 'start' });
  world.happen({ type: 'spawnSucceeds' });
  world.happen(exit(1));
  assert.equal(phaseOf(world), 'backoff');
});

/** A job whose run by its schedule has begun. */
function jobWorld(timeout: number | null = null): World {
  const world = new World(aJob({}, timeout));
  world.happen({ type: 'scheduledRun' });
  world.happen({ type: 'spawnSucceeds' });
  assert.equal(phaseOf(world), 'starting');
  return world;
}

test('a job runs at its moment, is done with code 0, and waits for the next one', () => {
  const world = jobWorld();
  world.happen({ type: 'timerFires' });
  assert.equal(phaseOf(world), 'ready');
  world.happen({ type: 'scheduledRun' });
  assert.equal(phaseOf(world), 'ready', 'one run at a time');
  world.happen(exit(0));
  assert.deepEqual([phaseOf(world), world.state.desired, world.state.lastError], ['stopped', 'demand', null]);
  assert.equal(world.state.lastExit?.uptime, 30);
  world.happen({ type: 'scheduledRun' });
  assert.equal(phaseOf(world), 'starting');
});

test('a job that is done before it counts as ready is done all the same', () => {
  const world = jobWorld();
  world.happen(exit(0));
  assert.deepEqual([phaseOf(world), world.state.desired], ['stopped', 'demand']);
});

test('a job that fails, with whatever code, is not restarted, and its next moment runs it', () => {
  for (const code of [1, 3, 75, 78]) {
    const world = jobWorld();
    world.happen({ type: 'timerFires' });
    world.happen(exit(code));
    assert.equal(phaseOf(world), 'failed');
    assert.equal(world.state.lastError, `exited with code ${code}`);
    world.happen({ type: 'scheduledRun' });
    assert.equal(phaseOf(world), 'starting');
  }
});

test('a job that an operator stops is ended, and no moment runs it until it is started', () => {
  const world = jobWorld();
  world.happen({ type: 'stop' });
  assert.equal(phaseOf(world), 'stopping');
  world.happen(exit(0));
  world.happen({ type: 'scheduledRun' });
  assert.equal(phaseOf(world), 'stopped');
  world.happen({ type: 'start' });
  world.happen({ type: 'spawnSucceeds' });
  world.happen(exit(0));
  world.happen({ type: 'scheduledRun' });
  assert.equal(phaseOf(world), 'starting', 'its schedule goes on');
});

test('a job that runs for longer than its timeout is ended, and has failed', () => {
  const world = jobWorld(60_000);
  world.happen({ type: 'timerFires' });
  assert.equal(world.timer?.name, 'runTimeout');
  world.happen({ type: 'timerFires' });
  assert.equal(phaseOf(world), 'stopping');
  world.happen(exit(0));
  assert.equal(phaseOf(world), 'failed');
  assert.equal(world.state.lastError, 'it ran for longer than its run.timeout (1m)');
});

test('a service is not started by a schedule', () => {
  const world = new World(profile('alpha', 'serve.mjs', { start: 'on-demand' }));
  world.happen({ type: 'scheduledRun' });
  assert.equal(phaseOf(world), 'stopped');
});
