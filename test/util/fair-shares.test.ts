import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FairShares } from '../../src/util/fair-shares.ts';

function fill(shares: FairShares, key: string, weight: number): number {
  while (shares.fits(key, weight)) shares.acquire(key);
  return shares.usedBy(key);
}

test('one alone gets weight/(1+weight) of the limit, and the rest stays free for others', () => {
  const shares = new FairShares(() => 1000);
  assert.equal(fill(shares, 'a', 1), 500);
  assert.equal(fill(shares, 'b', 1), 250);
  assert.equal(fill(shares, 'c', 4), 200);
  assert.equal(shares.used, 950);
  shares.release('a', 500);
  assert.deepEqual([shares.usedBy('a'), shares.used], [0, 450]);
});

test('who uses nothing gets whatever fits, so that a small limit can be used whole', () => {
  let limit = 3;
  const shares = new FairShares(() => limit);
  assert.equal(fill(shares, 'a', 8), 3);
  assert.equal(shares.fits('b', 8), false);
  limit = 4;
  assert.deepEqual([shares.fits('b', 1), shares.fits('b', 1, 2)], [true, false]);
});

test('however many fill their shares in turn, the next one finds room for something', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (keys, weight) => {
      const limit = 10_000;
      const shares = new FairShares(() => limit);
      const seen = new Set<number>();
      for (const key of keys) {
        seen.add(key);
        for (let tries = 0; tries < 100 && shares.fits(String(key), weight, 7); tries += 1) {
          shares.acquire(String(key), 7);
        }
      }
      assert.ok(shares.used <= limit);
      const guaranteed = Math.floor(limit / (1 + seen.size * weight)) - 7;
      assert.ok(limit - shares.used >= guaranteed, `${limit - shares.used} of ${guaranteed} free`);
      for (const key of seen) shares.release(String(key), shares.usedBy(String(key)));
      assert.equal(shares.used, 0);
    }),
  );
});
