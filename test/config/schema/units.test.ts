import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  LARGEST_SIZE,
  LARGEST_STORE,
  LONGEST_DURATION,
  parseDuration,
  parseSize,
} from '../../../src/config/schema/units.ts';

const MS: Readonly<Record<string, bigint>> = {
  ...{ ms: 1n, msec: 1n, msecs: 1n, millisecond: 1n, milliseconds: 1n },
  ...{ s: 1000n, sec: 1000n, secs: 1000n, second: 1000n, seconds: 1000n },
  ...{ m: 60_000n, min: 60_000n, mins: 60_000n, minute: 60_000n, minutes: 60_000n },
  ...{ h: 3_600_000n, hr: 3_600_000n, hrs: 3_600_000n, hour: 3_600_000n, hours: 3_600_000n },
  ...{ d: 86_400_000n, day: 86_400_000n, days: 86_400_000n },
};
const BYTES: Readonly<Record<string, bigint>> = {
  ...{ b: 1n, byte: 1n, bytes: 1n, k: 1024n, kb: 1024n, kib: 1024n },
  ...{ m: 1024n ** 2n, mb: 1024n ** 2n, mib: 1024n ** 2n, g: 1024n ** 3n, gb: 1024n ** 3n, gib: 1024n ** 3n },
};

test('the usual spellings of a duration mean the same', () => {
  for (const text of ['10s', '10 s', '10S', '10sec', '10 seconds', '10000ms', '10.0s']) {
    assert.equal(parseDuration(text), 10_000, text);
  }
  assert.equal(parseDuration('500 ms'), 500);
  assert.equal(parseDuration('1.5h'), 5_400_000);
  assert.equal(parseDuration('2 minutes'), 120_000);
  assert.equal(parseDuration('7d'), 604_800_000);
  assert.equal(parseDuration('0s'), 0);
});

test('the usual spellings of a size mean the same, and all are binary', () => {
  for (const text of ['512MiB', '512M', '512m', '512mb', '512 MB', '0.5G', '524288K', '536870912 bytes']) {
    assert.equal(parseSize(text), 536_870_912, text);
  }
  assert.equal(parseSize('1B'), 1);
  assert.equal(parseSize('1.5GB'), 1.5 * 1024 ** 3);
  assert.equal(parseSize('3GiB'), LARGEST_SIZE);
});

test('a text without a unit, with two units, a sign or another number format is refused', () => {
  for (const text of [
    '',
    '10',
    's',
    '-1s',
    '+1s',
    ' 1s',
    '1s ',
    '1  s',
    '.5s',
    '1.s',
    '1,5h',
    '1e3s',
    '0x1s',
    '1h30m',
    '1s\n',
    '1w',
  ]) {
    assert.equal(parseDuration(text), undefined, text);
  }
  for (const text of ['', '10', 'KiB', '-1B', '1 KiBs', '4GiB', '1T', '1 0M', '1,5G', '1kbit']) {
    assert.equal(parseSize(text), undefined, text);
  }
});

test('no duration is longer than a timer can hold', () => {
  assert.equal(parseDuration('2147483647ms'), LONGEST_DURATION);
  assert.equal(parseDuration('2147483648ms'), undefined);
  assert.equal(parseDuration('9999999999h'), undefined);
});

/** The expected result in exact arithmetic: rounded half up, undefined above `most`. */
function exact(whole: number, decimals: string, factor: bigint, most: number): number | undefined {
  const scale = 10n ** BigInt(decimals.length);
  const value = BigInt(whole) * scale + BigInt(decimals || '0');
  const rounded = (2n * value * factor + scale) / (2n * scale);
  return rounded <= BigInt(most) ? Number(rounded) : undefined;
}

function anyCased(word: string): fc.Arbitrary<string> {
  return fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((upper) => [...word].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''));
}

test('any number with any unit in any letter case is read exactly, or refused if it is too large', () => {
  for (const [units, most, parse] of [
    [MS, LONGEST_DURATION, parseDuration],
    [BYTES, LARGEST_STORE, (text: string) => parseSize(text, LARGEST_STORE)],
  ] as const) {
    const written = fc.record({
      whole: fc.oneof(fc.nat(2000), fc.nat()),
      // At most three digits, so that no double is so near a half that it rounds the other way.
      decimals: fc.oneof(fc.constant(''), fc.stringMatching(/^\d{1,3}$/)),
      blank: fc.constantFrom('', ' '),
      unit: fc
        .constantFrom(...Object.keys(units))
        .chain((unit) => fc.tuple(fc.constant(unit), anyCased(unit))),
    });
    fc.assert(
      fc.property(written, ({ whole, decimals, blank, unit: [unit, shown] }) => {
        const text = `${whole}${decimals === '' ? '' : `.${decimals}`}${blank}${shown}`;
        assert.equal(parse(text), exact(whole, decimals, units[unit] ?? 0n, most), text);
      }),
      { numRuns: 1000 },
    );
  }
});

test('the oldest spellings keep their meaning', () => {
  const old = fc.tuple(
    fc.nat(99_999),
    fc.constantFrom<[string, number, 'duration' | 'size']>(
      ['ms', 1, 'duration'],
      ['s', 1000, 'duration'],
      ['m', 60_000, 'duration'],
      ['h', 3_600_000, 'duration'],
      ['B', 1, 'size'],
      ['KiB', 1024, 'size'],
      ['MiB', 1024 ** 2, 'size'],
      ['GiB', 1024 ** 3, 'size'],
    ),
  );
  fc.assert(
    fc.property(old, ([count, [unit, factor, kind]]) => {
      const value = count * factor;
      const most = kind === 'duration' ? LONGEST_DURATION : LARGEST_SIZE;
      const parse = kind === 'duration' ? parseDuration : parseSize;
      assert.equal(parse(`${count}${unit}`), value <= most ? value : undefined);
    }),
  );
});

test('any other text is refused or gives a whole number in range', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const [value, most] of [
        [parseDuration(text), LONGEST_DURATION],
        [parseSize(text), LARGEST_SIZE],
      ] as const) {
        if (value !== undefined) assert.ok(Number.isSafeInteger(value) && value >= 0 && value <= most);
      }
    }),
  );
});
