import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnsweredCache } from '../../../src/door/repeats/answered.ts';

const MOST = 4;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

test('it agrees with a plain list of the newest answers', () => {
  const step = fc.record({
    key: fc.constantFrom(...KEYS),
    wait: fc.nat(6),
    status: fc.integer({ min: 200, max: 299 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const cache = new AnsweredCache(MOST);
      let answers: { key: string; status: number; until: number }[] = [];
      let now = 0;
      for (const { key, wait, status } of steps) {
        now += wait;
        cache.set(key, status, now + 10);
        // A key that is set again becomes the newest, and leaves its old place to another one.
        answers = [...answers.filter((one) => one.key !== key), { key, status, until: now + 10 }].slice(
          -MOST,
        );
        for (const asked of KEYS) {
          const last = answers.find((one) => one.key === asked);
          const expected = last !== undefined && now < last.until ? last.status : undefined;
          assert.equal(cache.get(asked, now), expected);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('10,000 answers are remembered at once, each until its time', () => {
  const cache = new AnsweredCache(10_000);
  const keys = Array.from({ length: 30_001 }, (_, index) => String(index));
  for (const key of keys) cache.set(key, 202, 5);
  const [oldest, ...remembered] = keys.slice(-10_001);
  assert.equal(cache.get(oldest ?? '', 0), undefined, 'the oldest of one too many');
  assert.ok(remembered.every((key) => cache.get(key, 4) === 202));
  assert.equal(cache.get(remembered[0] ?? '', 5), undefined, 'its time is over');
});
