import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Recent } from '../../src/door/recent.ts';

const MOST = 4;

test('it agrees with a plain list of the newest, and never grows past its size', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), wait: fc.nat(6) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recent = new Recent<number>(MOST);
      let told: { key: string; value: number; until: number }[] = [];
      let now = 0;
      for (const [value, { key, wait }] of steps.entries()) {
        now += wait;
        recent.set(key, value, now + 10);
        told = [...told, { key, value, until: now + 10 }].slice(-MOST);
        assert.ok(recent.size <= MOST);
        for (const asked of ['a', 'b', 'c', 'd', 'e', 'f']) {
          const last = told.findLast((one) => one.key === asked);
          assert.equal(
            recent.get(asked, now),
            last !== undefined && now < last.until ? last.value : undefined,
          );
        }
      }
    }),
  );
});
