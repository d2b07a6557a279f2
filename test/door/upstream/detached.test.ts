import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachedRequests } from '../../../src/door/upstream/detached.ts';

test('so many go on without their clients, and no more until one has ended', () => {
  const leftBehind = new DetachedRequests(2);
  assert.deepEqual([leftBehind.take(), leftBehind.take(), leftBehind.take()], [true, true, false]);
  leftBehind.give();
  assert.deepEqual([leftBehind.take(), leftBehind.take()], [true, false]);
});
