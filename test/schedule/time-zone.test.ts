import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimeZone, momentText, timeZones } from '../../src/schedule/time-zone.ts';

test('names of time zones are known, offsets and inventions are not', () => {
  for (const name of ['Europe/Berlin', 'UTC', 'europe/berlin', 'America/Argentina/Ushuaia']) {
    assert.ok(isTimeZone(name), name);
  }
  for (const name of ['', 'Berlin', '+02:00', 'local', 'Mars/Base']) assert.ok(!isTimeZone(name), name);
  assert.ok(timeZones().includes('Europe/Berlin'));
});

test('a moment is shown with its weekday and its time zone, and with seconds if it has any', () => {
  const at = Date.parse('2026-12-01T03:00:00Z');
  assert.equal(momentText(at, 'Europe/Berlin'), 'Tue 2026-12-01 04:00 Europe/Berlin');
  assert.equal(momentText(at + 5000, 'UTC'), 'Tue 2026-12-01 03:00:05 UTC');
  assert.match(momentText(at, null), /^(Mon|Tue) 2026-1[12]-\d\d \d\d:\d\d \S+$/);
  assert.equal(momentText(at, 'Mars/Base'), 'Tue 2026-12-01 03:00 UTC', 'another machine may know it');
});
