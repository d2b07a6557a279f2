import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  admit,
  emptyQueue,
  enqueue,
  freeSlot,
  prioritize,
  release,
  type Start,
  type StartQueue,
  setGroup,
} from '../../../src/supervisor/starts/start-queue.ts';
import { Starts } from '../../../src/supervisor/starts/starts.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const inNoGroup = (name: string): Start => ({ name, group: null });

function namesOf(starts: readonly Start[]): readonly string[] {
  return starts.map(({ name }) => name);
}

/** A start that waits may only do so if its group is occupied or the slots are all used. */
function isBlocked(queue: StartQueue, { group }: Start, slots: number): boolean {
  const occupied = [...queue.running, ...queue.slow].some((start) => start.group === group);
  return queue.running.length >= slots || (group !== null && occupied);
}

const anyStep = fc.record({
  act: fc.constantFrom('enqueue', 'prioritize', 'freeSlot', 'release'),
  name: fc.constantFrom(...NAMES),
  group: fc.constantFrom(null, 'g', 'h'),
});

test('whatever happens, the limits hold, no two of a group start, and no start waits without a cause', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(anyStep, { maxLength: 60 }), (limit, steps) => {
      let queue: StartQueue = emptyQueue(limit);
      const prioritized = new Set<string>();
      for (const { act, name, group } of steps) {
        if (act === 'release') prioritized.delete(name);
        if (act === 'prioritize' && namesOf(queue.waiting).includes(name)) prioritized.add(name);
        const changed = {
          enqueue: enqueue(queue, { name, group }),
          prioritize: prioritize(queue, name),
          freeSlot: freeSlot(queue, name),
          release: release(queue, name),
        }[act];
        const { queue: after, names } = admit(changed);
        queue = after;
        const starting = [...queue.running, ...queue.slow];
        const all = namesOf([...starting, ...queue.prioritized, ...queue.waiting]);
        assert.equal(new Set(all).size, all.length, 'a name is in one list');
        const groups = starting.flatMap((start) => start.group ?? []);
        assert.equal(new Set(groups).size, groups.length, 'one start of each group');
        assert.ok(queue.running.length <= 2 * limit);
        for (const start of queue.waiting) assert.ok(isBlocked(queue, start, limit));
        for (const start of queue.prioritized) assert.ok(isBlocked(queue, start, 2 * limit));
        const others = queue.running.filter((start) => !prioritized.has(start.name));
        assert.ok(others.length <= limit, 'ordinary starts stay within their own limit');
        assert.ok(names.every((each) => namesOf(queue.running).includes(each)));
        const admitted = queue.running.filter((start) => names.includes(start.name) && start.group !== null);
        const passed = admitted.filter((start) =>
          queue.prioritized.some((each) => each.group === start.group),
        );
        assert.ok(
          passed.every((start) => prioritized.has(start.name)),
          'a start that is waited for goes ahead of its group',
        );
      }
    }),
  );
});

test('a start of an occupied group uses no slot, and a slow start keeps its group', () => {
  let queue = emptyQueue(2);
  for (const name of ['a', 'b', 'c']) queue = admit(enqueue(queue, { name, group: 'g' })).queue;
  for (const name of ['d', 'e']) queue = admit(enqueue(queue, inNoGroup(name))).queue;
  assert.deepEqual(namesOf(queue.running), ['a', 'd']);
  queue = admit(freeSlot(queue, 'a')).queue;
  assert.deepEqual([namesOf(queue.running), namesOf(queue.slow)], [['d', 'e'], ['a']]);
  queue = admit(release(prioritize(queue, 'c'), 'a')).queue;
  assert.deepEqual([namesOf(queue.running), namesOf(queue.waiting)], [['d', 'e', 'c'], ['b']]);
});

test('a changed group counts from then on, also for starts that are under way', () => {
  let queue = emptyQueue(4);
  for (const name of ['a', 'b']) queue = admit(enqueue(queue, { name, group: name })).queue;
  queue = admit(enqueue(queue, { name: 'c', group: 'a' })).queue;
  queue = admit(setGroup(queue, { name: 'c', group: 'b' })).queue;
  queue = admit(release(queue, 'a')).queue;
  assert.deepEqual(namesOf(queue.running), ['b']);
  queue = admit(setGroup(queue, { name: 'b', group: null })).queue;
  assert.deepEqual(namesOf(queue.running), ['b', 'c']);
});

test('prioritized starts come first, and otherwise the order is first come first served', () => {
  let queue = emptyQueue(1);
  for (const name of NAMES) queue = admit(enqueue(queue, inNoGroup(name))).queue;
  queue = prioritize(prioritize(queue, 'e'), 'd');
  const order: string[] = [];
  for (let name = queue.running[0]?.name; name !== undefined; name = queue.running[0]?.name) {
    order.push(name);
    queue = admit(release(queue, name)).queue;
  }
  assert.deepEqual(order, ['a', 'e', 'd', 'b', 'c', 'f']);
});

test('other starts do not hold up a prioritized one', () => {
  let queue = emptyQueue(2);
  for (const name of ['a', 'b', 'c', 'd']) queue = admit(enqueue(queue, inNoGroup(name))).queue;
  assert.deepEqual(namesOf(queue.running), ['a', 'b']);
  queue = admit(prioritize(enqueue(queue, inNoGroup('e')), 'e')).queue;
  queue = admit(prioritize(queue, 'd')).queue;
  assert.deepEqual([namesOf(queue.running), namesOf(queue.waiting)], [['a', 'b', 'e', 'd'], ['c']]);
  queue = admit(prioritize(enqueue(queue, inNoGroup('f')), 'f')).queue;
  assert.deepEqual([namesOf(queue.prioritized), namesOf(queue.waiting)], [['f'], ['c']]);
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
  const acquired = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, starts.acquire(inNoGroup(name))]));
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
  const slow = starts.acquire(inNoGroup('slow'));
  const next = starts.acquire(inNoGroup('next'));
  await slow;
  await next;
  starts.release('slow');
  starts.release('next');
});

test('a start that is acquired again frees its old slot', async () => {
  const starts = new Starts(1);
  await starts.acquire(inNoGroup('a'));
  const other = starts.acquire(inNoGroup('b'));
  const again = starts.acquire(inNoGroup('a'));
  await other;
  assert.deepEqual(await resolved(new Map([['a', again]])), []);
  starts.release('b');
  await again;
  starts.release('a');
});

test('a slow start of a group holds up its group alone, and says so', async () => {
  const starts = new Starts(1, 50);
  const inGroup = (name: string): Start => ({ name, group: 'shared root' });
  await starts.acquire(inGroup('a'));
  const next = starts.acquire(inGroup('b'));
  await starts.acquire(inNoGroup('c'));
  const reason = 'waits until a has started, since both are in start_group shared root';
  assert.equal(starts.waitReason('b'), reason);
  assert.deepEqual(await resolved(new Map([['b', next]])), []);
  starts.release('a');
  starts.release('c');
  await next;
  assert.equal(starts.waitReason('b'), null);
  starts.release('b');
});
