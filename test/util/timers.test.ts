import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timers } from '../../src/util/timers.ts';

test('a timer runs once, and not when it was cancelled', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const timers = new Timers();
  const ran: string[] = [];
  timers.after(10, () => ran.push('one'));
  timers.cancel(timers.after(10, () => ran.push('cancelled')));
  t.mock.timers.tick(100);
  assert.deepEqual(ran, ['one']);
  assert.equal(timers.size, 0);
});

test('after the end no timer runs, also none that is begun later', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const timers = new Timers();
  const ran: string[] = [];
  timers.after(10, () => ran.push('pending'));
  timers.close();
  timers.after(10, () => ran.push('late'));
  t.mock.timers.tick(100);
  assert.deepEqual(ran, []);
  assert.equal(timers.size, 0);
});
