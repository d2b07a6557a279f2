import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryDisk } from './support/memory-disk.ts';
import { request } from './support/requests.ts';
import { answered, bench, OK, storeOn } from './support/spool.ts';

const TEXTS = ['a1', 'b1', 'a2', 'bad', 'b2', 'a3'];

interface Run {
  readonly acknowledged: ReadonlySet<string>;
  /** In order, each as often as it was sent. */
  readonly sent: readonly string[];
  readonly calls: number;
}

/** One run of gwproxy, which ends when the power fails at the given call, or when nothing is left to do. */
async function live(disk: MemoryDisk, texts: readonly string[], offAt: number): Promise<Run> {
  const cleanUps: (() => void)[] = [];
  const one = bench({ after: (fn) => cleanUps.push(fn) }, { disk });
  const acknowledged = new Set<string>();
  disk.fault = (_call, _path, count) => (count === offAt ? 'power loss' : undefined);
  // The gateway has it when it is sent, whatever becomes of the sender.
  one.answer = ({ body }) => (body.toString() === 'bad' ? answered(400) : OK);
  let done = false;
  const living = (async () => {
    await one.spool.open();
    await Promise.all(
      texts.map(async (text) => {
        const { profile, ...rest } = request({ text, orderKey: text.slice(0, 1) });
        await one.spool.accept(profile, rest);
        acknowledged.add(text);
      }),
    );
    await one.until(() => disk.off || !one.spool.hasSpooled('inbox'));
  })();
  void living.then(() => {
    done = true;
  });
  await one.until(() => done || disk.off);
  // A few turns for code that does not wait for the disk.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  for (const cleanUp of cleanUps) cleanUp();
  return { acknowledged, sent: one.sent, calls: disk.calls.length };
}

test('the power fails at any call, any part of what is not synced is lost, and no acknowledged delivery is', async () => {
  const whole = await live(new MemoryDisk(), TEXTS, -1);
  assert.deepEqual([...whole.acknowledged].sort(), [...TEXTS].sort());
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.calls - 1), fc.infiniteStream(fc.boolean()), async (offAt, lots) => {
      const disk = new MemoryDisk();
      const first = await live(disk, TEXTS, offAt);
      const next = disk.afterPowerLoss(() => lots.next().value === true);
      const found = await storeOn(next.afterPowerLoss(() => true)).open();
      const second = await live(next, [], -1);

      assert.deepEqual(found.corrupt, [], 'a torn delivery was in `new`');
      const wanted = [...first.acknowledged].filter((text) => text !== 'bad');
      const missing = wanted.filter((text) => !first.sent.includes(text) && !second.sent.includes(text));
      assert.deepEqual(missing, [], 'acknowledged, and lost');
      for (const text of [...first.sent, ...second.sent]) assert.ok(TEXTS.includes(text), `torn: ${text}`);
      if (first.acknowledged.has('bad') && !second.sent.includes('bad')) {
        assert.ok(first.sent.includes('bad'), 'it was never tried');
      }
      for (const key of ['a', 'b']) {
        const twice = second.sent.filter((text) => text.startsWith(key) && first.sent.includes(text));
        assert.ok(twice.length <= 1, `more than what was under way came twice: ${twice.join()}`);
        const order = [...new Set([...first.sent, ...second.sent])].filter((text) => /^[ab]\d/.test(text));
        const ofKey = order.filter((text) => text.startsWith(key) && wanted.includes(text));
        assert.deepEqual(ofKey, [...ofKey].sort(), 'out of order');
      }
    }),
    { numRuns: 400 },
  );
});
