import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedBudget } from '../../src/util/bounded-budget.ts';

test('a budget grants amounts up to its limit, and grants them again once they are released', () => {
  const budget = new BoundedBudget(10);
  assert.deepEqual([budget.tryAcquire(6), budget.tryAcquire(5), budget.tryAcquire(4)], [true, false, true]);
  assert.equal(budget.used, 10);
  assert.equal(budget.tryAcquire(), false);
  budget.release(6);
  assert.deepEqual([budget.fits(6), budget.fits(7)], [true, false]);
  assert.deepEqual([budget.tryAcquire(6), budget.used], [true, 10]);
});

test('a refused amount leaves the budget unchanged', () => {
  const budget = new BoundedBudget(1);
  assert.equal(budget.tryAcquire(2), false);
  assert.equal(budget.used, 0);
});

test('what exists already counts even where it exceeds the limit', () => {
  const budget = new BoundedBudget(10);
  budget.acquire(25);
  assert.deepEqual([budget.used, budget.tryAcquire(1)], [25, false]);
  budget.release(20);
  assert.equal(budget.tryAcquire(5), true);
});

test('a limit that changes later holds for the next amount', () => {
  let limit = 1;
  const budget = new BoundedBudget(() => limit);
  assert.deepEqual([budget.tryAcquire(), budget.tryAcquire()], [true, false]);
  limit = 2;
  assert.equal(budget.tryAcquire(), true);
  limit = 1;
  assert.deepEqual([budget.used, budget.tryAcquire()], [2, false]);
});
