import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Counters } from '../../../src/door/upstream/counters.ts';
import { isStaleConnection } from '../../../src/door/upstream/failure.ts';
import { DEFAULT_REUSE, KeepAlive } from '../../../src/door/upstream/keep-alive.ts';
import { Upstreams } from '../../../src/door/upstream/upstreams.ts';
import { root } from '../../support/root.ts';
import { LIMITS, pathRoute, startDoor, statusOf, type TestDoor, target } from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
const ROUTES = [pathRoute('a')];

/** In a process of its own, so that its close and our write can cross. */
async function startGateway(t: TestContext, ...args: string[]): Promise<number> {
  const script = join(root, 'test/fixtures/keep-alive-gateway.mjs');
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return Number(line);
}

interface Seen {
  readonly ids: number;
  readonly twice: number;
  readonly connections: number;
}

async function seen(port: number): Promise<Seen> {
  const answer = await fetch(`http://127.0.0.1:${port}/seen`);
  return JSON.parse(await answer.text());
}

function post(agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': body.length };
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject).end(body);
  });
}

/** Fractions of a ms too, which no timer waits. */
async function idleFor(ms: number): Promise<void> {
  const until = performance.now() + ms;
  if (ms > 2) await sleep(Math.floor(ms) - 1);
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}

/** In [0, 1), the same for the same seed (Numerical Recipes' linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function sendAll(t: TestContext, { port }: TestDoor, count: number, mostIdle: number, seed: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const random = seeded(seed);
  let ok = 0;
  for (let id = 0; id < count; id += 1) {
    if ((await post(agent, port, `request ${id}`)) === 200) ok += 1;
    await idleFor(random() * mostIdle);
  }
  return ok;
}

test('a gateway that closes idle connections after 5 ms costs at most one of 300 requests', async (t) => {
  const gateway = await startGateway(t, '5');
  const testDoor = await startDoor(t, { routes: ROUTES, targets: [target('a', gateway)] });
  const ok = await sendAll(t, testDoor, 300, 10, 6);
  const { ids, twice } = await seen(gateway);
  t.diagnostic(`${ok} answered 200, ${ids} delivered`);
  assert.ok(ok >= 299, `${ok} answered 200`);
  assert.equal(twice, 0);
  assert.ok(ids >= ok);
  const stats = testDoor.door.stats().get('a');
  assert.ok((stats?.brokenReuse ?? 0) >= 300 - ok, 'a race that was lost is counted');
});

test('what a listener was seen to keep holds for its next generation too', async (t) => {
  const gateway = await startGateway(t, '5');
  const testDoor = await startDoor(t, { routes: ROUTES, targets: [target('a', gateway)] });
  await sendAll(t, testDoor, 30, 20, 1);
  testDoor.supervisor.publish(ROUTES, [target('a', gateway, { generation: 2 })]);
  const before = await seen(gateway);
  await sendAll(t, testDoor, 20, 0, 1);
  const after = await seen(gateway);
  // A fetch of ours came between.
  assert.ok(after.connections - before.connections >= 20, 'each has a connection of its own');
});

test('a keep-alive of 2 s that is announced, and one of 60 s that is not, are both used', async (t) => {
  for (const args of [['2000', '2'], ['60000']]) {
    const gateway = await startGateway(t, ...args);
    const testDoor = await startDoor(t, { routes: ROUTES, targets: [target('a', gateway)] });
    assert.equal(await sendAll(t, testDoor, 100, 10, 2), 100);
    const { twice, connections } = await seen(gateway);
    assert.equal(twice, 0);
    // One for them, one for the question.
    assert.equal(connections, 2, args.join(' '));
  }
});

test('of a keep-alive that is announced, the end is left unused', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send(POST);
  const peer = await upstream.take();
  await peer.until(/body$/);
  const answeredAt = performance.now();
  peer.send('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok');
  await client.until(/ok$/);
  await peer.closed;
  assert.ok(performance.now() - answeredAt < 900);
});

test('a request that crosses with the close of its connection is 502, counted, and not sent again', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port)],
  });
  const client = await dial(t, port);
  client.send(POST);
  const peer = await upstream.take();
  await peer.until(/body$/);
  peer.send(OK);
  await client.until(/ok$/);
  // It reads the next one, so it was open when that was written; then it is gone.
  client.send(POST);
  await peer.times('body', 2);
  peer.socket.resetAndDestroy();
  assert.equal(statusOf((await client.until(/\}$/)).slice(client.received.lastIndexOf('HTTP/1.1'))), 502);
  assert.equal(door.stats().get('a')?.brokenReuse, 1);
  assert.equal(upstream.sockets.length, 1);
  assert.deepEqual(supervisor.of('failed'), []);
});

test('a gateway that breaks at the first request on a connection is not counted as a lost keep-alive race', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  client.send(POST);
  const peer = await upstream.take();
  await peer.until(/body$/);
  peer.socket.resetAndDestroy();
  assert.equal(statusOf(await client.until(/\}$/)), 502);
  assert.equal(door.stats().get('a')?.brokenReuse, 0);
});

test('an idle connection that is reset before anything is written costs no request, and is no failure', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, door, supervisor } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', upstream.port)],
  });
  const client = await dial(t, port);
  client.send(POST);
  const first = await upstream.take();
  await first.until(/body$/);
  first.send(OK);
  await client.until(/ok$/);
  first.socket.resetAndDestroy();
  client.send(POST);
  const second = await upstream.take();
  await second.until(/body$/);
  second.send(OK);
  await client.times('ok', 2);
  assert.deepEqual(supervisor.of('failed'), []);
  assert.equal(door.stats().get('a')?.brokenReuse, 0);
});

test('a reset that is seen before the request is written is an error without a start', async (t) => {
  const peer = await rawUpstream(t);
  const counters = new Counters(LIMITS);
  const upstreams = new Upstreams({ limits: LIMITS, counters, now: Date.now });
  t.after(() => upstreams.destroy());
  const address = { host: '127.0.0.1', port: peer.port };
  upstreams.apply([target('a', peer.port)]);
  const [upstream] = upstreams.of('a');
  assert.ok(upstream !== undefined);
  const send = () => {
    let started = false;
    return new Promise<{ started: boolean; error: Error | null }>((resolve) => {
      upstream.pool(address).dispatch(
        { method: 'POST', path: '/', headers: [], body: Buffer.from('body') },
        {
          onRequestStart: () => {
            started = true;
          },
          onResponseEnd: () => resolve({ started, error: null }),
          onResponseError: (_controller, error) => resolve({ started, error }),
        },
      );
    });
  };
  const first = send();
  const connection = await peer.take();
  await connection.until(/body$/);
  connection.send(OK);
  assert.equal((await first).error, null);
  await new Promise((resolve) => setImmediate(resolve));
  // The event loop polls between this immediate and the next, in which undici writes.
  const second = await new Promise<ReturnType<typeof send>>((resolve) => {
    setImmediate(() => {
      connection.socket.resetAndDestroy();
      resolve(send());
    });
  });
  assert.equal(second.started, false);
  assert.ok(isStaleConnection(second.error), String(second.error));
  assert.equal(peer.sockets.length, 1);
  assert.equal(connection.received.split('body').length, 2);
});

test('a gateway that dies with idle connections teaches nothing of its keep-alive', async (t) => {
  const upstream = await rawUpstream(t);
  const { port, supervisor } = await startDoor(t, { routes: ROUTES, targets: [target('a', upstream.port)] });
  const client = await dial(t, port);
  const serve = async (count: number) => {
    client.send(POST);
    const peer = await upstream.take();
    await peer.until(/body$/);
    peer.send(OK);
    await client.times('ok', count);
    return peer;
  };
  const first = await serve(1);
  first.socket.end();
  await first.closed;
  supervisor.publish(ROUTES, [target('a', upstream.port, { generation: 2 })]);
  const second = await serve(2);
  client.send(POST);
  await second.times('body', 2);
  second.send(OK);
  await client.times('ok', 3);
  assert.equal(upstream.sockets.length, 2, 'the second generation keeps its connection');
});

test('half of what was seen is used, and nothing of what is very short', () => {
  const keepAlive = new KeepAlive();
  assert.equal(keepAlive.reuse(0), DEFAULT_REUSE);
  assert.equal(keepAlive.learn(5000, 0), false);
  assert.equal(keepAlive.learn(600, 0), true);
  assert.equal(keepAlive.reuse(0), 300);
  assert.equal(keepAlive.learn(5, 0), true);
  assert.equal(keepAlive.reuse(0), 0);
  assert.equal(keepAlive.learn(600, 0), false, 'the shortest counts');
});

test('an observed close expires, and counts for twice as long when it recurs', () => {
  const keepAlive = new KeepAlive();
  keepAlive.learn(5, 0);
  assert.equal(keepAlive.reuse(599_999), 0);
  assert.equal(keepAlive.reuse(600_000), DEFAULT_REUSE);
  keepAlive.learn(5, 600_000);
  assert.equal(keepAlive.reuse(1_799_999), 0);
  assert.equal(keepAlive.reuse(1_800_000), DEFAULT_REUSE);
});

test('no connection is ever reused beyond half of a time after which one was closed', () => {
  const step = fc.record({ idle: fc.nat(3000), after: fc.nat(100_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
      const keepAlive = new KeepAlive();
      let now = 0;
      let shortest = Number.POSITIVE_INFINITY;
      for (const { idle, after } of steps) {
        keepAlive.learn(idle, now);
        shortest = Math.min(shortest, idle);
        now += after;
        assert.ok(keepAlive.reuse(now) <= Math.min(DEFAULT_REUSE, shortest / 2));
      }
    }),
  );
});
