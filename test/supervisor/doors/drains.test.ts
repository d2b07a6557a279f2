import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drains } from '../../../src/supervisor/doors/drains.ts';

function drainsOf(...doors: string[]): {
  drains: Drains;
  done: number[];
  wait(generation: number, version: number): void;
} {
  const drains = new Drains(() => doors);
  const done: number[] = [];
  return {
    drains,
    done,
    wait: (generation, version) =>
      drains.wait('alpha', { generation, version, drained: () => done.push(generation) }),
  };
}

test('without a door a gateway is drained at once', () => {
  const { done, wait } = drainsOf();
  wait(1, 5);
  assert.deepEqual(done, [1]);
});

test('every door must have applied that snapshot, or a newer one', () => {
  const { drains, done, wait } = drainsOf('a', 'b');
  drains.applied('a', 5);
  wait(1, 5);
  drains.applied('b', 4);
  assert.deepEqual(done, []);
  drains.applied('b', 6);
  assert.deepEqual(done, [1]);
});

test('a lease that was reported before the snapshot was applied is awaited', () => {
  const { drains, done, wait } = drainsOf('a');
  wait(1, 5);
  drains.load('a', 'alpha', 1, 2);
  drains.applied('a', 5);
  drains.load('a', 'alpha', 1, 1);
  assert.deepEqual(done, []);
  drains.load('a', 'alpha', 1, 0);
  assert.deepEqual(done, [1]);
});

test('leases on another generation or of another profile are not awaited', () => {
  const { drains, done, wait } = drainsOf('a');
  drains.load('a', 'alpha', 1, 2);
  drains.load('a', 'beta', 2, 2);
  wait(2, 5);
  drains.applied('a', 5);
  assert.deepEqual(done, [2]);
});

test('a late report on an older generation does not hide the leases on the newer one', () => {
  const { drains, done, wait } = drainsOf('a');
  drains.load('a', 'alpha', 2, 1);
  drains.load('a', 'alpha', 1, 0);
  wait(2, 5);
  drains.applied('a', 5);
  assert.deepEqual(done, []);
});

test('a report of an unknown door is ignored', () => {
  const { drains, done, wait } = drainsOf('a');
  drains.load('x', 'alpha', 1, 1);
  wait(1, 5);
  drains.applied('x', 5);
  assert.deepEqual(done, []);
  drains.applied('a', 5);
  assert.deepEqual(done, [1]);
});

test('a drain is reported once', () => {
  const { drains, done, wait } = drainsOf('a');
  wait(1, 5);
  drains.applied('a', 5);
  drains.applied('a', 6);
  drains.load('a', 'alpha', 1, 0);
  assert.deepEqual(done, [1]);
});

test('a profile that is forgotten takes its leases with it', () => {
  const { drains, done, wait } = drainsOf('a');
  drains.load('a', 'alpha', 7, 1);
  wait(7, 5);
  drains.forget('alpha');
  drains.applied('a', 5);
  drains.load('a', 'alpha', 1, 0);
  wait(1, 5);
  assert.deepEqual(done, [1]);
});
