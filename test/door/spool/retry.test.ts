import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from './support/requests.ts';
import { answered, bench, OK } from './support/spool.ts';

test('dead letters are retried in the order of arrival, however long the disk takes for each', async (t) => {
  const one = bench(t);
  await one.spool.open();
  one.answer = () => answered(400);
  for (const text of ['1', '2', '3']) {
    const { profile, ...rest } = request({ text });
    await one.spool.accept(profile, rest);
  }
  await one.until(() => !one.spool.hasSpooled('inbox'));
  const { rename } = one.disk;
  let waiting: (() => void)[] = [];
  one.disk.rename = async (from, to) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return rename.call(one.disk, from, to);
  };
  one.sent.length = 0;
  one.answer = () => OK;
  const retried = one.spool.retry({ all: true });
  await one.until(() => waiting.length === 3);
  // The last one first.
  for (const go of waiting.reverse()) go();
  waiting = [];
  assert.equal(await retried, 3);
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(one.sent, ['1', '2', '3']);
});
