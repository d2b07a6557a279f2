import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  LARGEST_SIZE,
  LONGEST_DURATION,
  parseDuration,
  parseSize,
} from '../../../src/config/schema/units.ts';

test('durations are whole ms, s, m and h', () => {
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('10s'), 10_000);
  assert.equal(parseDuration('5m'), 300_000);
  assert.equal(parseDuration('1h'), 3_600_000);
  assert.equal(parseDuration('0s'), 0);
});

test('sizes are bytes and their binary multiples', () => {
  assert.equal(parseSize('1B'), 1);
  assert.equal(parseSize('64KiB'), 65_536);
  assert.equal(parseSize('1MiB'), 1_048_576);
  assert.equal(parseSize('3GiB'), LARGEST_SIZE);
});

test('what is not one is undefined', () => {
  for (const text of [
    '',
    '10',
    's',
    '1.5s',
    '-1s',
    ' 1s',
    '1s ',
    '1 s',
    '1S',
    '1d',
    '1e3s',
    '0x1s',
    '1s1s',
    '1s\n',
  ]) {
    assert.equal(parseDuration(text), undefined, text);
  }
  for (const text of ['', '10', 'KiB', '1KB', '1kib', '1.5MiB', '-1B', '1 KiB', '4GiB']) {
    assert.equal(parseSize(text), undefined, text);
  }
});

test('no duration is longer than a timer can hold', () => {
  assert.equal(parseDuration('2147483647ms'), LONGEST_DURATION);
  assert.equal(parseDuration('2147483648ms'), undefined);
  assert.equal(parseDuration('9999999999h'), undefined);
});

test('any text gives a whole number in range or nothing', () => {
  const unit = fc.constantFrom('ms', 's', 'm', 'h', 'B', 'KiB', 'MiB', 'GiB', '');
  const written = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), unit).map(([count, name]) => `${count}${name}`),
  );
  fc.assert(
    fc.property(written, (text) => {
      for (const [value, most] of [
        [parseDuration(text), LONGEST_DURATION],
        [parseSize(text), LARGEST_SIZE],
      ] as const) {
        if (value !== undefined) assert.ok(Number.isSafeInteger(value) && value >= 0 && value <= most);
      }
    }),
  );
});
