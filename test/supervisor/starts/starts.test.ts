import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  admit,
  emptyQueue,
  enqueue,
  prioritize,
  release,
  type StartQueue,
} from '../../../src/supervisor/starts/start-queue.ts';
import { Starts } from '../../../src/supervisor/starts/starts.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const anyStep = fc.record({
  act: fc.constantFrom(enqueue, prioritize, release),
  name: fc.constantFrom(...NAMES),
});

test('whatever happens, the limits hold, no name is in two lists, and no start waits for ever', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(anyStep, { maxLength: 60 }), (limit, steps) => {
      let queue: StartQueue = emptyQueue(limit);
      const prioritized = new Set<string>();
      for (const { act, name } of steps) {
        if (act === release) prioritized.delete(name);
        if (act === prioritize && queue.waiting.includes(name)) prioritized.add(name);
        const { queue: after, names } = admit(act(queue, name));
        queue = after;
        const all = [...queue.running, ...queue.prioritized, ...queue.waiting];
        assert.equal(new Set(all).size, all.length);
        assert.ok(queue.running.length <= 2 * limit);
        assert.ok(queue.running.length >= limit || queue.waiting.length === 0);
        assert.ok(queue.running.length === 2 * limit || queue.prioritized.length === 0);
        const others = queue.running.filter((each) => !prioritized.has(each));
        assert.ok(others.length <= limit, 'ordinary starts stay within their own limit');
        assert.ok(names.every((each) => queue.running.includes(each)));
      }
    }),
  );
});

test('prioritized starts come first, and otherwise the order is first come first served', () => {
  let queue = emptyQueue(1);
  for (const name of NAMES) queue = admit(enqueue(queue, name)).queue;
  queue = prioritize(prioritize(queue, 'e'), 'd');
  const order: string[] = [];
  for (let name = queue.running[0]; name !== undefined; name = queue.running[0]) {
    order.push(name);
    queue = admit(release(queue, name)).queue;
  }
  assert.deepEqual(order, ['a', 'e', 'd', 'b', 'c', 'f']);
});

test('other starts do not hold up a prioritized one', () => {
  let queue = emptyQueue(2);
  for (const name of ['a', 'b', 'c', 'd']) queue = admit(enqueue(queue, name)).queue;
  assert.deepEqual(queue.running, ['a', 'b']);
  queue = admit(prioritize(enqueue(queue, 'e'), 'e')).queue;
  queue = admit(prioritize(queue, 'd')).queue;
  assert.deepEqual([queue.running, queue.waiting], [['a', 'b', 'e', 'd'], ['c']]);
  queue = admit(prioritize(enqueue(queue, 'f'), 'f')).queue;
  assert.deepEqual([queue.prioritized, queue.waiting], [['f'], ['c']]);
});

/** The names whose promises have resolved. */
async function resolved(starts: ReadonlyMap<string, Promise<void>>): Promise<readonly string[]> {
  const done: string[] = [];
  for (const [name, start] of starts) void start.then(() => done.push(name));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test('only so many start at once, and the next one when one is released or frees its slot', async () => {
  const starts = new Starts(2);
  const acquired = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, starts.acquire(name)]));
  assert.deepEqual(await resolved(acquired), ['a', 'b']);
  starts.prioritize('e');
  starts.release('a');
  assert.deepEqual(await resolved(acquired), ['a', 'b', 'e']);
  starts.release('c');
  assert.deepEqual(await resolved(acquired), ['a', 'b', 'c', 'e'], 'c waits no longer, and d still does');
  starts.setLimit(3);
  assert.deepEqual(await resolved(acquired), ['a', 'b', 'c', 'd', 'e']);
  for (const name of acquired.keys()) starts.release(name);
});

test('a slow start does not hold up the others', async () => {
  const starts = new Starts(1, 50);
  const slow = starts.acquire('slow');
  const next = starts.acquire('next');
  await slow;
  await next;
  starts.release('slow');
  starts.release('next');
});

test('a start that is acquired again frees its old slot', async () => {
  const starts = new Starts(1);
  await starts.acquire('a');
  const other = starts.acquire('b');
  const again = starts.acquire('a');
  await other;
  assert.deepEqual(await resolved(new Map([['a', again]])), []);
  starts.release('b');
  await again;
  starts.release('a');
});
