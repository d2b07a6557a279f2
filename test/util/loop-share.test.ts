import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSlices, LoopShare, SLICE } from '../../src/util/loop-share.ts';

/** Work of that many slices, which notes its name at each. */
function work(share: LoopShare, name: string, slices: number, seen: string[]): Promise<string> {
  let left = slices;
  return Promise.resolve(
    inSlices(share, slices * SLICE, () => {
      seen.push(name);
      left -= 1;
      return left === 0 ? name : null;
    }),
  );
}

/** Counts turns of the event loop until `done`. */
async function turnsUntil(done: Promise<unknown>): Promise<number> {
  let turns = 0;
  let over = false;
  done.finally(() => {
    over = true;
  });
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  return turns;
}

test('work of one slice is done at once', () => {
  const share = new LoopShare();
  assert.equal(
    inSlices(share, SLICE, () => 'done'),
    'done',
  );
});

test('work of many slices takes at most two of them in a turn of the loop', async () => {
  const share = new LoopShare();
  const seen: string[] = [];
  const turns = await turnsUntil(work(share, 'long', 20, seen));
  assert.equal(seen.length, 20);
  assert.ok(turns >= 9, `${turns} turns`);
});

test('those who wait take turns, whoever has more to do', async () => {
  const share = new LoopShare();
  const seen: string[] = [];
  await Promise.all([work(share, 'a', 6, seen), work(share, 'b', 3, seen), work(share, 'c', 3, seen)]);
  assert.equal(seen.join(''), 'aaabcabcabca');
});

test('short work does not queue behind long work, and is bounded in each turn itself', async () => {
  const share = new LoopShare();
  const seen: string[] = [];
  const long = Array.from({ length: 16 }, (_, at) => work(share, `long ${at}`, 100, seen));
  await new Promise((resolve) => setImmediate(resolve));
  const before = seen.length;
  const short = Array.from({ length: 100 }, () => inSlices(share, 8 * 1024, () => 'short'));
  const atOnce = short.filter((one) => one === 'short').length;
  assert.equal(seen.length, before, 'no long work came in between');
  assert.ok(atOnce >= 7 && atOnce <= 16, `${atOnce} at once`);
  assert.deepEqual(new Set(await Promise.all(short)), new Set(['short']));
  await Promise.all(long);
});

test('what a slice throws rejects, and nobody else notices', async () => {
  const share = new LoopShare();
  const seen: string[] = [];
  const failing = Promise.resolve(
    inSlices(share, 10 * SLICE, () => {
      throw new Error('of the slice');
    }),
  );
  const other = work(share, 'other', 5, seen);
  await assert.rejects(failing, /of the slice/);
  assert.equal(await other, 'other');
});
