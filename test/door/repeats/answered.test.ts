import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnsweredCache } from '../../../src/door/repeats/answered.ts';

const MOST = 4;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** `alike`: keys that begin alike, and so share a bucket. */
function keyOf(name: string, alike: boolean): string {
  const digest = createHash('sha256').update(name).digest('binary');
  return alike ? `same${digest.slice(4)}` : digest;
}

test('it agrees with a plain list of the newest', () => {
  const step = fc.record({
    name: fc.constantFrom(...NAMES),
    wait: fc.nat(6),
    status: fc.integer({ min: 200, max: 299 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, alike) => {
      const recent = new AnsweredCache(MOST);
      let told: { name: string; status: number; until: number }[] = [];
      let now = 0;
      for (const { name, wait, status } of steps) {
        now += wait;
        recent.set(keyOf(name, alike), status, now + 10);
        told = [...told, { name, status, until: now + 10 }].slice(-MOST);
        for (const asked of NAMES) {
          const last = told.findLast((one) => one.name === asked);
          const expected = last !== undefined && now < last.until ? last.status : undefined;
          assert.equal(recent.get(keyOf(asked, alike), now), expected);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a key that is told of again is kept as long as its newest word, and 10,000 are kept at once', () => {
  const recent = new AnsweredCache(10_000);
  const keys = Array.from({ length: 10_001 }, (_, index) => keyOf(String(index), false));
  for (const key of keys) recent.set(key, 202, 5);
  assert.equal(recent.get(keys[0] ?? '', 0), undefined, 'the oldest of one too many');
  assert.ok(keys.slice(1).every((key) => recent.get(key, 4) === 202));
  assert.equal(recent.get(keys[1] ?? '', 5), undefined, 'its time is over');
});
