import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Collections, collected } from '../../src/heap/collections.ts';

test('a window ends with the first collection a second after it began, and is expensive by the time that its collections took', () => {
  const one = fc.record({
    gap: fc.integer({ min: 0, max: 400 }),
    duration: fc.double({ min: 0, max: 4, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 200 }), (all) => {
      let collections: Collections = { since: 5, spent: 0 };
      let clock = 5;
      let began = 5;
      let spent = 0;
      for (const { gap, duration } of all) {
        const at = clock + gap;
        clock = at + duration;
        spent += duration;
        const next = collected(collections, at, duration);
        collections = next.collections;
        const passed = clock - began;
        assert.equal(next.expensive, passed < 1000 ? null : spent / passed > 0.01);
        if (next.expensive === null) continue;
        began = clock;
        spent = 0;
      }
    }),
  );
});

test('after a rest the first collection is cheap, however many there were before it', () => {
  const busy = collected({ since: 0, spent: 0 }, 1000, 700);
  assert.equal(busy.expensive, true);
  assert.equal(collected(busy.collections, 61_000, 5).expensive, false);
});
