import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { momentsOf } from '../../src/schedule/moments.ts';

/** The first moments after that time, as ISO 8601 in UTC, to the minute. */
function first(count: number, pattern: string, timezone: string, after: string): readonly string[] {
  const moments = momentsOf({ pattern, timezone });
  const found: string[] = [];
  for (let at = moments(Date.parse(after)); at !== null && found.length < count; at = moments(at))
    found.push(new Date(at).toISOString().slice(0, 16));
  return found;
}

test('a pattern is read in its time zone', () => {
  assert.deepEqual(first(1, '0 4 * * *', 'UTC', '2026-01-10T00:00Z'), ['2026-01-10T04:00']);
  assert.deepEqual(first(1, '0 4 * * *', 'Europe/Berlin', '2026-01-10T00:00Z'), ['2026-01-10T03:00']);
  assert.deepEqual(first(1, '0 4 * * *', 'America/New_York', '2026-01-10T00:00Z'), ['2026-01-10T09:00']);
  assert.deepEqual(first(1, '0 4 * * *', 'UTC', '2026-01-10T04:00Z'), ['2026-01-11T04:00'], 'the next one');
});

test('a fixed time in the hour that the clocks skip comes right behind it, once', () => {
  const before = '2026-03-28T12:00Z';
  assert.deepEqual(first(2, '30 2 * * *', 'Europe/Berlin', before), ['2026-03-29T01:00', '2026-03-30T00:30']);
  const twice = first(3, '30 2,14 * * *', 'Europe/Berlin', before);
  assert.deepEqual(twice, ['2026-03-28T13:30', '2026-03-29T01:00', '2026-03-29T12:30']);
});

test('a fixed time in the hour that the clocks repeat comes once', () => {
  const before = '2026-10-24T12:00Z';
  assert.deepEqual(first(2, '30 2 * * *', 'Europe/Berlin', before), ['2026-10-25T00:30', '2026-10-26T01:30']);
});

test('a step follows the clock: each half hour of the repeated hour comes, and none of the skipped one', () => {
  assert.deepEqual(first(4, '*/30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z'), [
    '2026-10-25T00:00',
    '2026-10-25T00:30',
    '2026-10-25T01:00',
    '2026-10-25T01:30',
  ]);
  assert.deepEqual(first(1, '*/30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z'), ['2026-03-30T00:00']);
});

test('each moment is later than the one before, also where the clocks are changed', () => {
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  const pattern = fc.constantFrom('30 2 * * *', '*/20 * * * *', '0 */2 * * *', '15 1-3 * * *', '@hourly');
  const start = fc.constantFrom(
    '2026-03-07',
    '2026-03-28',
    '2026-04-04',
    '2026-10-03',
    '2026-10-24',
    '2026-10-31',
  );
  fc.assert(
    fc.property(zone, pattern, start, fc.nat(48 * 3600), (timezone, written, day, offset) => {
      const after = Date.parse(`${day}T00:00Z`) + offset * 1000;
      const moments = momentsOf({ pattern: written, timezone });
      const next = moments(after) ?? 0;
      assert.ok(next > after && next - after <= 27 * 3600 * 1000);
      assert.equal(moments(next - 1), next, 'it is found from just before as well');
    }),
    { numRuns: 300 },
  );
});
