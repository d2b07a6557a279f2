import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Attempt, count, type Evidence, type Outcome, type Sent, type Sighting } from './ledger.ts';
import type { Kind } from './load.ts';

const OK: Outcome = { is: 'status', status: 200 };
const BUSY: Outcome = { is: 'status', status: 503 };
const REFUSED: Outcome = { is: 'error', code: 'ECONNREFUSED' };

function sent(id: string, outcomes: readonly Outcome[], kind: Kind = 'message', bot = 'one'): Sent {
  const attempts: Attempt[] = outcomes.map((outcome, index) => ({
    startedAt: 10_000 + index * 1000,
    endedAt: 10_500 + index * 1000,
    outcome,
  }));
  return { delivery: { id, bot, kind, room: 0, at: 0 }, attempts };
}

function seen(id: string, bot = 'one', at = 10_100): Sighting {
  return { id, bot, at };
}

function figures(evidence: Partial<Evidence>) {
  return count({ sent: [], sightings: [], kills: [], spooled: new Map(), ...evidence });
}

describe('count', () => {
  test('a delivery that was answered 2xx and that its bot has seen is not lost', () => {
    const { lost, seen: own, acknowledged } = figures({ sent: [sent('a', [OK])], sightings: [seen('a')] });
    assert.deepEqual([lost, own, acknowledged], [[], 1, 1]);
  });

  test('one that was answered 2xx, if only at last, and that nobody has seen is lost', () => {
    assert.deepEqual(figures({ sent: [sent('a', [OK]), sent('b', [BUSY, OK])] }).lost, ['a', 'b']);
  });

  test('one that another bot has seen is lost to its own, and foreign', () => {
    const { lost, foreign } = figures({ sent: [sent('a', [OK])], sightings: [seen('a', 'two')] });
    assert.deepEqual([lost, foreign], [['a'], ['a']]);
  });

  test('what nobody sent is foreign wherever it is seen', () => {
    assert.deepEqual(figures({ sightings: [seen('x')] }).foreign, ['x']);
  });

  test('what was never answered 2xx is missed, by how its sender sends, and not lost', () => {
    const all = [
      sent('a', [REFUSED]),
      sent('b', [BUSY, BUSY], 'event'),
      sent('c', [{ is: 'gave up' }], 'replies'),
      sent('d', [BUSY], 'invoke'),
      sent('e', [BUSY]),
    ];
    const { lost, missed, outcomes } = figures({ sent: all, sightings: [seen('e')] });
    assert.deepEqual(lost, []);
    assert.deepEqual(missed, { once: 1, repeated: 1, synchronous: 2 });
    assert.deepEqual(
      [...outcomes],
      [
        ['503', 4],
        ['ECONNREFUSED', 1],
        ['gave up', 1],
      ],
    );
  });

  test("the spool's answer for as many as it holds for that bot, and for no other's", () => {
    const all = [sent('a', [OK]), sent('b', [OK]), sent('c', [OK], 'message', 'two')];
    const held = figures({
      sent: all,
      spooled: new Map([
        ['one', 1],
        ['three', 5],
      ]),
    });
    assert.deepEqual(held.lost, ['b', 'c']);
    assert.equal(held.missed.once, 2);
    assert.equal(held.spooled, 6);
  });

  test('a synchronous one is never in the spool', () => {
    const held = figures({ sent: [sent('a', [BUSY], 'invoke')], spooled: new Map([['one', 1]]) });
    assert.equal(held.missed.synchronous, 1);
  });

  describe('seen twice', () => {
    const twice = [seen('a', 'one', 20_000), seen('a', 'one', 25_000)];

    test('since its sender sent it twice', () => {
      const { seenTwice } = figures({ sent: [sent('a', [BUSY, OK])], sightings: twice });
      assert.deepEqual(seenTwice, { all: 1, repeated: 1, killed: 0, unexplained: [] });
    });

    test('more often than it was sent', () => {
      const { seenTwice } = figures({
        sent: [sent('a', [BUSY, OK])],
        sightings: [...twice, seen('a', 'one', 26_000)],
      });
      assert.deepEqual(seenTwice, { all: 1, repeated: 0, killed: 0, unexplained: ['a'] });
    });

    for (const [what, kill, killed] of [
      ['its gateway was killed between', { at: 22_000, bot: 'one' }, 1],
      ['all was killed between', { at: 22_000, bot: null }, 1],
      ['the signal came just before its first record', { at: 19_900, bot: 'one' }, 1],
      ['another gateway was killed between', { at: 22_000, bot: 'two' }, 0],
      ['it was killed before', { at: 15_000, bot: 'one' }, 0],
      ['it was killed after', { at: 26_000, bot: null }, 0],
    ] as const) {
      test(`and ${what}`, () => {
        const { seenTwice } = figures({ sent: [sent('a', [OK])], sightings: twice, kills: [kill] });
        assert.deepEqual(seenTwice, {
          all: 1,
          repeated: 0,
          killed,
          unexplained: killed === 1 ? [] : ['a'],
        });
      });
    }
  });

  test('every acknowledged delivery is seen, in the spool or lost, and each counts once', () => {
    const deliveries = fc.array(
      fc.record({ ok: fc.boolean(), bot: fc.constantFrom('one', 'two'), times: fc.nat(3) }),
    );
    fc.assert(
      fc.property(deliveries, fc.nat(4), (all, held) => {
        const {
          lost,
          seen: own,
          acknowledged,
          seenTwice,
        } = figures({
          sent: all.map(({ ok, bot }, index) => sent(`${index}`, [ok ? OK : BUSY], 'message', bot)),
          sightings: all.flatMap(({ bot, times }, index) => Array(times).fill(seen(`${index}`, bot))),
          spooled: new Map([['one', held]]),
        });
        const unseen = (name: string): number =>
          all.filter(({ ok, bot, times }) => ok && bot === name && times === 0).length;
        assert.equal(lost.length, unseen('two') + Math.max(0, unseen('one') - held));
        assert.equal(own, all.filter(({ times }) => times > 0).length);
        assert.equal(acknowledged, all.filter(({ ok }) => ok).length);
        assert.equal(seenTwice.all, all.filter(({ times }) => times > 1).length);
      }),
    );
  });
});
