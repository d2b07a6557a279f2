import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoped } from './scope.ts';

test('what was begun ends last first, whatever the body gives', async () => {
  const ended: string[] = [];
  const given = await scoped(async (scope) => {
    scope.after(() => void ended.push('first'));
    scope.after(async () => void ended.push('second'));
    return 'given';
  });
  assert.deepEqual([given, ended], ['given', ['second', 'first']]);
});

test('each ends although the body and another end fail, and every failure is told', async () => {
  const ended: string[] = [];
  const failing = scoped(async (scope) => {
    scope.after(() => void ended.push('first'));
    scope.after(() => Promise.reject(new Error('the end failed')));
    throw new Error('the body failed');
  });
  await assert.rejects(failing, /the body failed.*the end failed/);
  assert.deepEqual(ended, ['first']);
});
