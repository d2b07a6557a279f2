import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Limits } from '../../../src/config/types.ts';
import { HoldQueue, type Waiter } from '../../../src/door/hold/hold-queue.ts';
import { FIRST_ROUND, nextRoundSize, ReleaseRound } from '../../../src/door/hold/round.ts';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  problemOf,
  startBot,
  startDoor,
  statusOf,
  type TestDoor,
  target,
} from '../support/door.ts';
import { dial, type RawClient } from '../support/raw.ts';

const ROUTES = [appRoute('a', APP)];

/** A gateway that answers when the test says so, and records the order of requests and how many were open at once. */
class Gated {
  readonly order: number[] = [];
  most = 0;
  readonly #open: { readonly nr: number; readonly res: ServerResponse }[] = [];
  #wake: () => void = () => {};

  came(nr: number, res: ServerResponse): void {
    this.order.push(nr);
    this.#open.push({ nr, res });
    this.most = Math.max(this.most, this.#open.length);
    this.#wake();
  }

  /** Waits until so many have come in all. */
  async count(count: number): Promise<void> {
    while (this.order.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Answers so many of those that wait, the oldest first. */
  answer(count: number): void {
    for (const { res } of this.#open.splice(0, count)) res.end('ok');
  }

  /** Answers all as they come, until so many have come. */
  async serve(count: number): Promise<void> {
    for (let served = 0; served < count; ) {
      await this.count(served + 1);
      served = this.order.length;
      this.answer(served);
    }
  }
}

interface Held {
  readonly gated: Gated;
  readonly testDoor: TestDoor;
  readonly clients: RawClient[];
  send(nr: number): Promise<RawClient>;
  ready(generation?: number): void;
}

/** Longer than any test: a round then ends only when its requests do, however busy the machine is. */
const NEVER = 300_000;

/** So many held requests, numbered from 1 in the order of their arrival. */
async function held(
  t: TestContext,
  count: number,
  limits: Partial<Limits> = {},
  roundTimeout: number = NEVER,
): Promise<Held> {
  const gated = new Gated();
  const bot = await startBot(t, (_req, res, body) =>
    gated.came(Number(JSON.parse(body.toString()).text.slice(3)), res),
  );
  const pending = target('a', bot.port, { state: 'pending' });
  const testDoor = await startDoor(t, { routes: ROUTES, targets: [pending], limits, roundTimeout });
  const send = async (nr: number) =>
    (await dial(t, testDoor.port)).send(activityRequest(activity(APP, `nr ${nr}`)));
  const clients: RawClient[] = [];
  for (let nr = 1; nr <= count; nr += 1) {
    clients.push(await send(nr));
    await testDoor.supervisor.called('ensureReady', nr);
  }
  const ready = (generation = 1) =>
    void testDoor.supervisor.publish(ROUTES, [target('a', bot.port, { generation })]);
  return { gated, testDoor, clients, send, ready };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

test('held requests are released in order: eight, and the next ones once those have ended', async (t) => {
  const { gated, testDoor, clients, ready } = await held(t, 40);
  const left = () => testDoor.door.stats().get('a')?.held;
  ready();
  await gated.count(8);
  assert.equal(left(), 32);
  gated.answer(7);
  for (const client of clients.slice(0, 7)) await client.until(/ok$/);
  assert.equal(left(), 32);
  gated.answer(1);
  await gated.count(24);
  assert.equal(left(), 16);
  gated.answer(16);
  await gated.serve(40);
  for (const client of clients) await client.until(/ok$/);
  assert.deepEqual(gated.order, numbers(1, 40));
  assert.equal(left(), 0);
});

test('a gateway that keeps up gets twice as many each round, up to 64', async (t) => {
  const { gated, clients, ready } = await held(t, 250, { heldPerProfile: 250 });
  ready();
  let came = 0;
  for (const round of [8, 16, 32, 64, 64, 64, 2]) {
    came += round;
    await gated.count(came);
    gated.answer(round);
  }
  for (const client of clients) await client.until(/ok$/);
  assert.deepEqual(gated.order, numbers(1, 250));
  assert.equal(gated.most, 64);
});

test('a request that arrives while others are held queues behind them', async (t) => {
  const { gated, testDoor, send, ready } = await held(t, 12);
  ready();
  await gated.count(8);
  const late = await send(13);
  // Answered behind it, so that it has arrived.
  await (await dial(t, testDoor.port)).send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n').until(/405/);
  assert.equal(testDoor.door.stats().get('a')?.held, 5);
  await gated.serve(13);
  await late.until(/ok$/);
  assert.deepEqual(gated.order, numbers(1, 13));
  assert.equal(testDoor.supervisor.of('ensureReady').length, 12, 'what is ready need not be asked for');
});

test('eight hanging requests do not hold back the rest for ever', async (t) => {
  const { gated, ready } = await held(t, 20, {}, 250);
  const readyAt = performance.now();
  ready();
  await gated.count(20);
  assert.ok(performance.now() - readyAt >= 450, 'two rounds of a quarter of a second');
  assert.deepEqual(gated.order, numbers(1, 20));
});

test('a held client that disconnects frees its place, and never reaches the gateway', async (t) => {
  const { gated, testDoor, clients, ready } = await held(t, 14);
  ready();
  await gated.count(8);
  for (const nr of [9, 11]) clients[nr - 1]?.leave();
  while (testDoor.door.stats().get('a')?.held !== 4) await new Promise((resolve) => setImmediate(resolve));
  await gated.serve(12);
  assert.deepEqual(
    gated.order,
    numbers(1, 14).filter((nr) => nr !== 9 && nr !== 11),
  );
});

test('a request at its deadline is released at once if the gateway is ready', async (t) => {
  const { gated, testDoor, ready } = await held(t, 20);
  const last = await dial(t, testDoor.port);
  const bytes = activityRequest(activity(APP, 'nr 21'));
  last.send(bytes.slice(0, -5));
  await (await dial(t, testDoor.port)).send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n').until(/405/);
  ready();
  await gated.count(8);
  // Of the 14 s that Bot Framework leaves for it, a tenth of one is left.
  testDoor.advance(13_900);
  last.send(bytes.slice(-5));
  await gated.count(9);
  assert.deepEqual(gated.order, [...numbers(1, 8), 21]);
});

test('a gateway that stops during the release is asked for again, and the rest goes to the next generation in order', async (t) => {
  const { gated, testDoor, ready } = await held(t, 20);
  ready();
  await gated.count(8);
  testDoor.supervisor.publish(ROUTES, [target('a', 1, { state: 'pending', generation: 2 })]);
  assert.equal(testDoor.supervisor.of('ensureReady').length, 32);
  gated.answer(8);
  ready(2);
  await gated.count(16);
  assert.equal(testDoor.door.stats().get('a')?.held, 4);
  gated.answer(8);
  await gated.count(20);
  assert.deepEqual(gated.order, numbers(1, 20));
});

test('bodies that wait for one profile are bounded, though one alone may always wait', async (t) => {
  const size = Buffer.byteLength(activity(APP, 'nr 1'));
  const { testDoor, send } = await held(t, 2, { heldBytesPerProfile: 2 * size });
  assert.equal(problemOf(await (await send(3)).until(/\}$/)).code, 'GWPROXY_OVERLOADED');
  assert.equal(testDoor.door.stats().get('a')?.held, 2);
  const alone = await held(t, 1, { heldBytesPerProfile: 1 });
  assert.equal(statusOf(await (await alone.send(2)).until(/\}$/)), 503);
  alone.ready();
  await alone.gated.serve(1);
  await alone.clients[0]?.until(/ok$/);
});

test('a request that arrives during the last round follows it, and later ones go at once', async (t) => {
  const { gated, testDoor, clients, send, ready } = await held(t, 4);
  ready();
  await gated.count(4);
  const late = await send(5);
  while (testDoor.door.stats().get('a')?.held !== 1) await new Promise((resolve) => setImmediate(resolve));
  gated.answer(4);
  await gated.count(5);
  for (const client of clients) await client.until(/ok$/);
  const last = await send(6);
  await gated.count(6);
  gated.answer(2);
  await late.until(/ok$/);
  await last.until(/ok$/);
  assert.deepEqual(gated.order, numbers(1, 6));
});

test('a round is twice the one before where all were answered, and 64 at most', () => {
  let window = FIRST_ROUND;
  const sizes = [window];
  for (let round = 1; round < 5; round += 1) {
    window = nextRoundSize(window, window);
    sizes.push(window);
  }
  assert.deepEqual(sizes, [8, 16, 32, 64, 64]);
  assert.equal(nextRoundSize(8, 0), 8);
});

test('a round ends once: with its last slot, or before', () => {
  const slotEnds = fc.array(fc.record({ slot: fc.nat(4), answered: fc.boolean() }), { maxLength: 20 });
  fc.assert(
    fc.property(slotEnds, fc.nat(20), (ends, cutAfter) => {
      const told: number[] = [];
      const round = new ReleaseRound(5, (answered) => told.push(answered));
      const slots = Array.from({ length: 5 }, () => round.newSlot());
      const ended = new Map<number, boolean>();
      let expected: number | null = null;
      const answers = () => [...ended.values()].filter(Boolean).length;
      for (const [at, { slot, answered }] of ends.entries()) {
        if (at === cutAfter) {
          round.end();
          expected ??= answers();
        }
        slots[slot]?.end(answered);
        if (!ended.has(slot)) ended.set(slot, answered);
        if (ended.size === 5) expected ??= answers();
      }
      assert.deepEqual(told, expected === null ? [] : [expected]);
    }),
  );
});

test('a queue is in the order of arrival, whatever the order of adding', () => {
  const place = fc.record({ arrivedAt: fc.nat(20), order: fc.nat() });
  const places = fc.uniqueArray(place, { selector: ({ order }) => order });
  fc.assert(
    fc.property(places, (joining) => {
      const queue = new HoldQueue(target('a', 1));
      for (const { arrivedAt, order } of joining) queue.add(waiterAt(arrivedAt, order));
      const found = queue.all.map(({ delivery, order }) => [delivery.arrivedAt, order]);
      const expected = joining
        .map(({ arrivedAt, order }) => [arrivedAt, order])
        .sort(([a = 0, m = 0], [b = 0, n = 0]) => a - b || m - n);
      assert.deepEqual(found, expected);
    }),
  );
});

function waiterAt(arrivedAt: number, order: number): Waiter {
  return {
    id: String(order),
    client: { isDisconnected: false, clientAddress: '', onDisconnect: () => {} },
    delivery: {
      profile: 'a',
      path: '/',
      arrivedAt,
      bytes: 0,
      verified: false,
      deadline: () => 0,
    },
    listener: 'main',
    order,
    until: 0,
    release: () => {},
    fail: () => {},
    readinessRequested: false,
    timer: null,
  };
}
