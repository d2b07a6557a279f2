import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planChaos } from './chaos.ts';
import { type Addressee, planLoad } from './load.ts';

const BOTS: readonly [Addressee, ...Addressee[]] = [
  { name: 'slack', usual: 'event', synchronous: null },
  { name: 'agent', usual: 'message', synchronous: 'replies' },
  { name: 'bridge', usual: 'message', synchronous: 'invoke' },
];
const LOAD = { seed: 7, durationMs: 20_000, rate: 100, bots: BOTS };

describe('planLoad', () => {
  test('sends as many as the rate says, evenly, each with an id of its own', () => {
    const load = planLoad(LOAD);
    assert.equal(load.length, 2000);
    assert.equal(new Set(load.map(({ id }) => id)).size, 2000);
    assert.deepEqual([load[0]?.at, load[1]?.at, load[1999]?.at], [0, 10, 19_990]);
  });

  test('sends to each bot only what its sender has, a share of it synchronous', () => {
    const kinds = new Map(BOTS.map(({ name }) => [name, new Map<string, number>()]));
    for (const { bot, kind } of planLoad(LOAD)) {
      const counts = kinds.get(bot);
      counts?.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    assert.deepEqual([...(kinds.get('slack')?.keys() ?? [])], ['event']);
    for (const [name, synchronous] of [
      ['agent', 'replies'],
      ['bridge', 'invoke'],
    ]) {
      const counts = kinds.get(name ?? '') ?? new Map<string, number>();
      assert.deepEqual([...counts.keys()].sort(), ['message', synchronous].sort());
      assert.ok((counts.get(synchronous ?? '') ?? 0) > 50, `${name}: ${[...counts]}`);
    }
  });

  test('is the same for the same seed, and another for another', () => {
    assert.deepEqual(planLoad(LOAD), planLoad(LOAD));
    const bots = (seed: number) => planLoad({ ...LOAD, seed }).map(({ bot }) => bot);
    assert.notDeepEqual(bots(7), bots(8));
  });
});

describe('planChaos', () => {
  const bots = ['one', 'two', 'three'] as const;
  const plan = (durationMs: number, seed = 7) => planChaos({ seed, durationMs, bots: [...bots] });

  test('deals every kind of blow in a short time too, all of them within it', () => {
    for (const durationMs of [10_000, 20_000, 120_000]) {
      const planned = plan(durationMs);
      assert.deepEqual([...new Set(planned.map(({ blow }) => blow.what))].sort(), [
        'kill',
        'kill-door',
        'reload',
        'restart',
        'restart-door',
      ]);
      assert.ok(planned.every(({ at }) => at > 0 && at < durationMs));
    }
  });

  test('leaves five seconds between two of them where there is time', () => {
    const times = plan(120_000).map(({ at }) => at);
    assert.equal(times.length, 23);
    assert.ok(times.every((at, index) => at === (index + 1) * 5000));
  });

  test('is the same for the same seed, and another for another', () => {
    assert.deepEqual(plan(120_000), plan(120_000));
    assert.notDeepEqual(plan(120_000, 7), plan(120_000, 8));
  });
});
