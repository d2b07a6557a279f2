import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseEvicted, type ReceivingBody, SMALL_BODY } from '../../../src/door/request/eviction.ts';

const MIB = 1024 * 1024;
const RESERVE = 32 * MIB;

function body(changes: Partial<ReceivingBody> = {}): ReceivingBody {
  return { bytes: 4 * MIB, cost: 1, client: '192.0.2.1', routed: false, ...changes };
}

function evicted(others: readonly ReceivingBody[], asker: ReceivingBody, needed = 1, wanted = needed) {
  return chooseEvicted([asker, ...others], asker, { needed, wanted, reserve: RESERVE });
}

test('the body that has cost most gives way to one that has just begun', () => {
  const stalled = [body({ cost: 5 }), body({ cost: 9 }), body({ cost: 7 })];
  assert.deepEqual(evicted(stalled, body({ cost: 0 })), [stalled[1]]);
  assert.deepEqual(evicted(stalled, body({ cost: 0 }), 1, 5 * MIB), [stalled[1], stalled[2]]);
});

test('a body that has cost more than all others is refused itself, and no other one ends for it', () => {
  const others = [body({ cost: 1, client: 'a' }), body({ cost: 2, client: 'b' })];
  assert.equal(evicted(others, body({ cost: 3, client: 'c' })), null);
});

test('a client with many bodies gives way before one whose single body is older', () => {
  const old = body({ cost: 8, client: '198.51.100.1' });
  const many = Array.from({ length: 5 }, (_, at) => body({ cost: 2 + at / 10, client: '198.51.100.2' }));
  assert.deepEqual(evicted([old, ...many], body({ cost: 0, client: '198.51.100.3' })), [many[4]]);
});

test('large bodies that the head says nothing of go before small ones and those that it routed', () => {
  const small = body({ bytes: SMALL_BODY, cost: 100, client: 'small' });
  const routed = body({ routed: true, cost: 90, client: 'routed' });
  const other = body({ cost: 1, client: 'other' });
  const asker = body({ bytes: 0, cost: 0, client: 'asker' });
  assert.deepEqual(evicted([small, routed, other], asker), [other]);
  assert.deepEqual(evicted([small, routed], asker), [small], 'nothing else is left');
});

test('small bodies are spared only up to their reserve', () => {
  const many = Array.from({ length: 200 }, (_, at) =>
    body({ bytes: SMALL_BODY, cost: 10 + at, client: String(at) }),
  );
  const large = body({ cost: 5, client: 'large' });
  assert.deepEqual(evicted([...many, large], body({ bytes: 0, cost: 0, client: 'asker' })), [many[199]]);
});

test('enough is freed or nothing, never the asker, and no better body goes before a worse one', () => {
  const bodies = fc.array(
    fc.record({
      bytes: fc.integer({ min: 1, max: 4 * MIB }),
      cost: fc.nat(1000),
      client: fc.constantFrom('a', 'b', 'c'),
      routed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 16 * MIB }), (all, index, needed) => {
      const asker = all[index % all.length];
      if (asker === undefined) return;
      const chosen = chooseEvicted(all, asker, { needed, wanted: needed, reserve: MIB });
      if (chosen === null) return;
      assert.ok(!chosen.includes(asker));
      const freed = chosen.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.ok(freed >= needed);
      assert.ok(freed - (chosen.at(-1)?.bytes ?? 0) < needed, 'none more than needed');
      for (const client of ['a', 'b', 'c']) {
        const large = (one: ReceivingBody) => one.client === client && one.bytes > SMALL_BODY && !one.routed;
        const worst = Math.max(...all.filter((one) => large(one) && one !== asker).map(({ cost }) => cost));
        if (chosen.some(large)) assert.ok(chosen.some((one) => large(one) && one.cost === worst));
      }
    }),
  );
});
