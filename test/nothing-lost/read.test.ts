import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSpool } from './fronts/spool-listing.ts';
import { readOptions } from './options.ts';
import { parseRecord } from './records.ts';

describe('parseRecord', () => {
  test('reads a line a delivery', () => {
    assert.deepEqual(parseRecord('one', '1700000000000 d1-0\n1700000000001 d1-0\n'), [
      { bot: 'one', id: 'd1-0', at: 1_700_000_000_000 },
      { bot: 'one', id: 'd1-0', at: 1_700_000_000_001 },
    ]);
    assert.deepEqual(parseRecord('one', ''), []);
  });

  test('refuses what may hide a delivery', () => {
    assert.throws(() => parseRecord('one', '1700000000000 d1-0'), /ends within a line/);
    assert.throws(() => parseRecord('one', '170000000 d1-0 d1-1\n'), /has a line/);
    assert.throws(() => parseRecord('one', '\n'), /has a line/);
  });
});

describe('parseSpool', () => {
  test('counts what waits and what was given up, by profile, and leaves out what is lost', () => {
    const deliveries = [
      { profile: 'one', state: 'queued', platform: 'slack', reason: null },
      { profile: 'one', state: 'delivering', reason: null },
      { profile: 'two', state: 'dead', reason: 'tries' },
      { profile: 'two', state: 'dead', reason: null },
      { profile: 'three', state: 'dead', reason: 'expired' },
      { profile: 'three', state: 'dead', reason: 'refused' },
    ];
    assert.deepEqual(parseSpool(JSON.stringify({ spool: deliveries })), {
      waiting: new Map([['one', 2]]),
      dead: new Map([['two', 2]]),
    });
  });

  test('takes nothing else for an empty spool', () => {
    assert.throws(() => parseSpool('{}'));
    assert.throws(() => parseSpool('[]'));
  });
});

describe('readOptions', () => {
  test('is two minutes of a hundred a second with everything, where nothing is said', () => {
    assert.deepEqual(readOptions({}), {
      durationMs: 120_000,
      rate: 100,
      seed: 1,
      features: { verify: true, spool: true, activation: true },
    });
  });

  test('leaves out what is named', () => {
    const { durationMs, features } = readOptions({
      NOTHING_LOST_SECONDS: '20',
      NOTHING_LOST_WITHOUT: 'spool,activation',
    });
    assert.equal(durationMs, 20_000);
    assert.deepEqual(features, { verify: true, spool: false, activation: false });
  });

  test('refuses what it does not know', () => {
    assert.throws(() => readOptions({ NOTHING_LOST_WITHOUT: 'spol' }));
    assert.throws(() => readOptions({ NOTHING_LOST_SECONDS: 'long' }));
  });
});
