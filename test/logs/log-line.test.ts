import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { outputLine, readLogLine, remarkLine, timeOfLine } from '../../src/logs/log-line.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

test('a line carries its time, its stream and its text, as it came', () => {
  assert.equal(outputLine(NOON, 'stdout', 'hello'), '2026-01-01T12:00:00.000Z out hello\n');
  assert.equal(outputLine(NOON, 'stderr', '\x1b[31mred'), '2026-01-01T12:00:00.000Z err \x1b[31mred\n');
  assert.equal(remarkLine(NOON, 'said'), '2026-01-01T12:00:00.000Z --- said\n');
});

test('what was written is read back, whatever a gateway says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
      fc.constantFrom('stdout' as const, 'stderr' as const),
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' ')),
      (at, stream, text) => {
        const line = outputLine(at, stream, text).slice(0, -1);
        assert.deepEqual(readLogLine(line), { at, mark: stream === 'stdout' ? 'out' : 'err', text });
        assert.equal(timeOfLine(line), at);
      },
    ),
  );
});

test('what gwproxy did not write is no line of it, and no error', () => {
  for (const line of ['', 'hello', '2026-01-01T12:00:00.000Z', '2026-99-01T12:00:00.000Z out x', '{}']) {
    assert.equal(readLogLine(line), null);
    assert.equal(timeOfLine(line), null);
  }
  assert.equal(timeOfLine('{"level":30,"time":1767268800000,"type":"app.stopped"'), NOON);
});
