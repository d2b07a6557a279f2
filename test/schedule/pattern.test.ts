import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { momentsOf } from '../../src/schedule/moments.ts';
import { patternMistake } from '../../src/schedule/pattern.ts';

test('patterns of crontab, with seconds, and the marks L, W and # are read', () => {
  for (const pattern of [
    '0 4 * * *',
    '  0   4 * * *  ',
    '*/10 9-17 * * MON-FRI',
    '*/2 * * * * *',
    '0 0 L * *',
    '0 0 15W * *',
    '0 0 * * FRI#2',
    '0 0 29 2 *',
    '0 0 * * 7',
    '@daily',
    '@Hourly',
  ])
    assert.equal(patternMistake(pattern), null, pattern);
});

const FORM =
  /; write five \(minute, hour, day of the month, month, weekday\), such as '0 4 \* \* \*', or six/;

test('a mistake names the field and what to write instead', () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ['', FORM],
    ['* * * *', /^has 4 fields; write five/],
    ['0 4 * * * * *', /^has 7 fields; write five/],
    ['2030-01-01T00:00:00', /^has 1 field; write five/],
    ['61 4 * * *', /^has the minute '61'; write 0 to 59, /],
    ['0 25 * * *', /^has the hour '25'; write 0 to 23, /],
    ['61 0 4 * * *', /^has the second '61'; write 0 to 59, /],
    ['5/5 * * * *', /^has the minute '5\/5'; write 0 to 59, a range or step such as 0-30 or \*\/10, /],
    ['0 4 * * MOO', /^has the weekday 'MOO'; write 0 \(Sunday\) to 6 or SUN to SAT, /],
    ['0 4 0 * *', /^has the day of the month '0'; write 1 to 31, /],
    ['@reboot', /^cannot be '@reboot'; write @hourly, @daily, /],
    ['@every 5m', /^cannot be '@every 5m'; write @hourly/],
    ['0 0 31 2 *', /^is a date that never comes, such as 31 February; correct its day or its month$/],
    ['0 0 31 4,6,9,11 *', /^is a date that never comes/],
    [`0 ${'1,'.repeat(200)}2 * * *`, /^is longer than 200 characters; /],
  ];
  for (const [pattern, mistake] of mistakes)
    assert.match(patternMistake(pattern) ?? 'valid', mistake, pattern);
});

const part = fc.string({ unit: fc.constantFrom(...'0123456789*/,-LW#?SUNMON'), maxLength: 6 });
const pattern = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.array(part, { minLength: 5, maxLength: 6 }).map((parts) => parts.join(' ')),
);

test('whatever is written, a pattern without a mistake has a next moment, which is later', () => {
  fc.assert(
    fc.property(pattern, fc.integer({ min: 0, max: 4e12 }), (written, after) => {
      if (patternMistake(written) !== null) return;
      const next = momentsOf({ pattern: written, timezone: 'UTC' })(after);
      assert.ok(next !== null && next > after && next % 1000 === 0);
    }),
    { numRuns: 500 },
  );
});
