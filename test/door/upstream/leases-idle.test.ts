import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Counters } from '../../../src/door/upstream/counters.ts';
import { Leases } from '../../../src/door/upstream/leases.ts';
import { Timers } from '../../../src/util/timers.ts';
import { FakeSupervisor, LIMITS, pathRoute, startDoor, target } from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const ROUTES = [pathRoute('a')];
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const UPGRADE = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`;
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Leases on one generation, by a clock that the test moves; it starts at 0. */
function leasesOf(t: Pick<TestContext, 'mock'>) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const supervisor = new FakeSupervisor();
  const counters = new Counters(LIMITS);
  const timers = new Timers();
  const leases = new Leases('door-1', supervisor, counters, timers, Date.now);
  return {
    supervisor,
    counters,
    timers,
    leases,
    tick(ms: number): void {
      // One by one: what a timer sets while a longer tick is under way would count from its end.
      for (let passed = 0; passed < ms; passed += 1) t.mock.timers.tick(1);
    },
    route(...generations: readonly number[]): void {
      const targets = generations.map((generation) => target('a', 1, { generation, idleAfter: 100 }));
      leases.reportUnrouted(leases.applyTargets(targets));
    },
    told: () => supervisor.of('load').map(({ inFlight, lastUsed }) => [inFlight, lastUsed]),
  };
}

test('a generation without a lease is reported after each idle time', (t) => {
  const { route, tick, told } = leasesOf(t);
  route(1);
  tick(99);
  assert.deepEqual(told(), []);
  tick(1);
  assert.deepEqual(told(), [[0, 0]]);
  tick(100);
  assert.deepEqual(told(), [
    [0, 0],
    [0, 0],
  ]);
});

test('the idle time counts from the end of the last lease, and the first lease after it is reported', (t) => {
  const { route, tick, told, leases } = leasesOf(t);
  route(1);
  const generation = leases.generation('a', 1);
  tick(60);
  leases.acquire(generation);
  tick(300);
  leases.release(generation);
  tick(99);
  assert.deepEqual(told(), [], 'open for longer than the idle time, then released a moment ago');
  tick(1);
  assert.deepEqual(told(), [[0, 360]]);
  tick(50);
  leases.acquire(generation);
  assert.deepEqual(told().at(-1), [1, 510]);
  leases.release(generation);
  leases.acquire(generation);
  leases.release(generation);
  assert.equal(told().length, 2, 'no lease but the first is told');
});

test('a request that is held keeps its gateway from being idle', (t) => {
  const { route, tick, told, counters } = leasesOf(t);
  route(1);
  counters.of('a').held.acquire();
  tick(250);
  assert.deepEqual(told(), []);
  counters.of('a').held.release();
  tick(50);
  assert.equal(told().length, 1);
});

test('every idle time is reported once and in time, whatever the leases', (t) => {
  const step = fc.oneof(
    fc.constant('take' as const),
    fc.constant('release' as const),
    fc.integer({ min: 1, max: 250 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      t.mock.timers.reset();
      const { route, tick, leases, supervisor } = leasesOf(t);
      route(1);
      const generation = leases.generation('a', 1);
      let held = 0;
      let used = 0;
      let expected = 0;
      for (const each of steps) {
        if (each === 'take') {
          leases.acquire(generation);
          held += 1;
          used = Date.now();
        } else if (each === 'release') {
          if (held === 0) continue;
          leases.release(generation);
          held -= 1;
          used = Date.now();
        } else {
          const before = Date.now();
          tick(each);
          if (held > 0) continue;
          expected += Math.floor((Date.now() - used) / 100) - Math.floor((before - used) / 100);
        }
        const idle = supervisor.of('load').filter(({ inFlight }) => inFlight === 0);
        assert.equal(idle.length, expected);
      }
    }),
  );
});

test('a generation that leaves routing has no timer left, and one that returns counts anew', (t) => {
  const { route, tick, told, timers } = leasesOf(t);
  route(1);
  tick(50);
  route();
  assert.equal(timers.size, 0);
  assert.equal(told().length, 1);
  route(2);
  assert.equal(timers.size, 1);
  tick(99);
  assert.equal(told().length, 1);
  tick(1);
  assert.deepEqual(told().at(-1), [0, 50]);
});

test('a changed idle time holds from its snapshot on, and none ends the telling', (t) => {
  const { leases, tick, told, timers } = leasesOf(t);
  const route = (idleAfter: number | null) => leases.applyTargets([target('a', 1, { idleAfter })]);
  route(1000);
  route(1000);
  tick(10);
  route(20);
  assert.equal(timers.size, 1);
  tick(20);
  assert.equal(told().length, 1);
  route(null);
  assert.equal(timers.size, 0);
});

test('an idle time beyond what a timer can wait is no busy loop', (t) => {
  const { leases, timers } = leasesOf(t);
  const after = t.mock.method(timers, 'after');
  leases.applyTargets([target('a', 1, { idleAfter: 2 ** 40 })]);
  assert.deepEqual(
    after.mock.calls.map((call) => call.arguments[0]),
    [2 ** 31 - 1],
  );
});

test('a clock that is set back delays the telling by one idle time at most', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const supervisor = new FakeSupervisor();
  let now = 1_000_000;
  const leases = new Leases('door-1', supervisor, new Counters(LIMITS), new Timers(), () => now);
  leases.applyTargets([target('a', 1, { idleAfter: 100 })]);
  now = 0;
  t.mock.timers.tick(100);
  assert.deepEqual(supervisor.of('load'), []);
  now = 1_000_100;
  t.mock.timers.tick(100);
  assert.equal(supervisor.of('load').length, 1);
});

test('the telling keeps no process alive', () => {
  const timers = new Timers();
  const leases = new Leases('door-1', new FakeSupervisor(), new Counters(LIMITS), timers, Date.now);
  leases.applyTargets([target('a', 1, { idleAfter: 100 })]);
  assert.equal(leases.generation('a', 1).timer?.hasRef(), false);
  timers.close();
});

test('an open WebSocket is use, and its end begins the idle time', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor, advance } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port, { idleAfter: 20 })],
  });
  await supervisor.called('load', 1);
  const client = (await dial(t, port)).send(UPGRADE);
  const peer = await upstream.take();
  await peer.until(/\r\n\r\n/);
  await supervisor.called('load', 2);
  peer.send(SWITCHED);
  await client.until(/101/);
  advance(1000);
  assert.deepEqual(
    supervisor.of('load').map(({ inFlight }) => inFlight),
    [0, 1],
  );
  client.socket.destroy();
  await supervisor.called('load', 3);
  const { inFlight, lastUsed } = supervisor.of('load')[2] ?? {};
  assert.equal(inFlight, 0);
  assert.ok(Date.now() + 1000 - Number(lastUsed) >= 20);
});

test('closing a door ends the telling', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor, door } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port, { idleAfter: 20 })],
  });
  const client = (await dial(t, port)).send(GET);
  const peer = await upstream.take();
  peer.send(OK);
  await client.until(/ok$/);
  await supervisor.called('load', 1);
  await door.close(0);
  const before = supervisor.of('load').length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(supervisor.of('load').length, before);
});
