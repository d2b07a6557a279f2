import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Starts } from '../../../src/supervisor/starts/starts.ts';
import {
  admit,
  enqueue,
  noTurns,
  prioritize,
  release,
  type Turns,
} from '../../../src/supervisor/starts/turns.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const anyStep = fc.record({
  act: fc.constantFrom(enqueue, prioritize, release),
  name: fc.constantFrom(...NAMES),
});

test('whatever happens, the limits hold, no name is in two lists, and no start waits for ever', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(anyStep, { maxLength: 60 }), (limit, steps) => {
      let turns: Turns = noTurns(limit);
      const rushed = new Set<string>();
      for (const { act, name } of steps) {
        if (act === release) rushed.delete(name);
        if (act === prioritize && turns.waiting.includes(name)) rushed.add(name);
        const { turns: after, names } = admit(act(turns, name));
        turns = after;
        const all = [...turns.running, ...turns.prioritized, ...turns.waiting];
        assert.equal(new Set(all).size, all.length);
        assert.ok(turns.running.length <= 2 * limit);
        assert.ok(turns.running.length >= limit || turns.waiting.length === 0);
        assert.ok(turns.running.length === 2 * limit || turns.prioritized.length === 0);
        const others = turns.running.filter((each) => !rushed.has(each));
        assert.ok(others.length <= limit, 'those that nobody waits for leave the room of the others alone');
        assert.ok(names.every((each) => turns.running.includes(each)));
      }
    }),
  );
});

test('prioritized starts come first, and otherwise the order is first come first served', () => {
  let turns = noTurns(1);
  for (const name of NAMES) turns = admit(enqueue(turns, name)).turns;
  turns = prioritize(prioritize(turns, 'e'), 'd');
  const order: string[] = [];
  for (let left = turns.running[0]; left !== undefined; left = turns.running[0]) {
    order.push(left);
    turns = admit(release(turns, left)).turns;
  }
  assert.deepEqual(order, ['a', 'e', 'd', 'b', 'c', 'f']);
});

test('other starts do not hold up a prioritized one', () => {
  let turns = noTurns(2);
  for (const name of ['a', 'b', 'c', 'd']) turns = admit(enqueue(turns, name)).turns;
  assert.deepEqual(turns.running, ['a', 'b']);
  turns = admit(prioritize(enqueue(turns, 'e'), 'e')).turns;
  turns = admit(prioritize(turns, 'd')).turns;
  assert.deepEqual([turns.running, turns.waiting], [['a', 'b', 'e', 'd'], ['c']]);
  turns = admit(prioritize(enqueue(turns, 'f'), 'f')).turns;
  assert.deepEqual([turns.prioritized, turns.waiting], [['f'], ['c']]);
});

/** What has been resolved by now. */
async function resolved(takes: ReadonlyMap<string, Promise<void>>): Promise<readonly string[]> {
  const done: string[] = [];
  for (const [name, take] of takes) void take.then(() => done.push(name));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test('only so many start at once, and the next one when one is released or gives up its turn', async () => {
  const starts = new Starts(2);
  const takes = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, starts.acquire(name)]));
  assert.deepEqual(await resolved(takes), ['a', 'b']);
  starts.prioritize('e');
  starts.release('a');
  assert.deepEqual(await resolved(takes), ['a', 'b', 'e']);
  starts.release('c');
  assert.deepEqual(await resolved(takes), ['a', 'b', 'c', 'e'], 'c waits no longer, and d still does');
  starts.setLimit(3);
  assert.deepEqual(await resolved(takes), ['a', 'b', 'c', 'd', 'e']);
  for (const name of takes.keys()) starts.release(name);
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

test('a start that is acquired again gives up its old turn', async () => {
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
