import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputReader } from '../../../src/supervisor/process/output.ts';
import { createLimitedLines, OutputRateLimit } from '../../../src/supervisor/process/rate-limit.ts';

test('a burst passes, then a rate, in whole passages', () => {
  const budget = new OutputRateLimit(100, 400, 0);
  assert.deepEqual(
    [0, 0, 0, 0, 0].map((now) => budget.spend(100, now)),
    [true, true, true, true, false],
  );
  // An eighth of a second's worth comes together first.
  assert.equal(budget.spend(1, 100), false);
  assert.equal(budget.spend(20, 130), true);
  assert.equal(budget.spend(1, 130), false);
});

const piece = fc.record({
  text: fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 12 }),
  open: fc.boolean(),
});

test('every line is reported complete or counted, however the bytes were cut and whenever the budget ended', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      let open = true;
      const reported: string[] = [];
      let dropped = 0;
      const lines = createLimitedLines(
        { spend: () => open },
        (line) => reported.push(line),
        (count) => {
          dropped += count;
        },
      );
      for (const { text, open: now } of pieces) {
        open = now;
        lines.push(Buffer.from(text), 0);
      }
      lines.end();
      const all = pieces
        .map(({ text }) => text)
        .join('')
        .split('\n');
      if (all.at(-1) === '') all.pop();
      assert.equal(reported.length + dropped, all.length);
      // In order, and none in part.
      let from = 0;
      for (const line of reported) {
        const at = all.indexOf(line, from);
        assert.ok(at >= from, `${line} was no line`);
        from = at + 1;
      }
    }),
    { numRuns: 1000 },
  );
});

test('a line without an end is counted in pieces, as it would be reported', () => {
  let dropped = 0;
  const none = createLimitedLines(
    { spend: () => false },
    () => assert.fail('no line is reported'),
    (count) => {
      dropped += count;
    },
  );
  for (let count = 0; count < 40; count += 1) none.push(Buffer.alloc(16 * 1024, 'x'), 0);
  assert.ok(dropped >= 5 && dropped <= 10, `${dropped}`);
  none.push(Buffer.from('short\n'.repeat(5000)), 0);
  none.end();
  assert.ok(dropped >= 5005 && dropped <= 5010, `${dropped}`);
});

test('both streams of a gateway share one budget; the rest is read, and reported as one number', async () => {
  const reported = { stdout: 0, stderr: 0 };
  const dropped: number[] = [];
  const gaps = new Set<string>();
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const output = new OutputReader(streams, {
    line: (stream) => {
      reported[stream] += 1;
    },
    gap: (stream) => gaps.add(stream),
    dropped: (lines) => dropped.push(lines),
  });
  const block = Buffer.from(`${'x'.repeat(999)}\n`.repeat(60));
  for (let count = 0; count < 100; count += 1) {
    for (const stream of [streams.stdout, streams.stderr]) {
      if (!stream.write(block)) await new Promise((resolve) => stream.once('drain', resolve));
    }
  }
  for (const stream of [streams.stdout, streams.stderr]) {
    stream.end();
    await new Promise((resolve) => stream.once('end', resolve));
  }
  output.close();
  assert.equal(reported.stdout + reported.stderr + dropped.reduce((sum, lines) => sum + lines, 0), 12_000);
  assert.deepEqual(gaps, new Set(['stdout', 'stderr']));
  assert.ok(dropped.length >= 1 && dropped.length <= 2, `${dropped.length} times`);
  const lines = reported.stdout + reported.stderr;
  assert.ok(lines > 3200 && lines < 6500, `${lines} lines`);
  assert.ok(reported.stdout > 0 && reported.stderr > 0);
});

test('long lines are reported again once the budget allows', () => {
  let open = false;
  const reported: string[] = [];
  let dropped = 0;
  const lines = createLimitedLines(
    { spend: () => open },
    (line) => reported.push(line),
    (count) => {
      dropped += count;
    },
  );
  const long = 'x'.repeat(30_000);
  const bytes = Buffer.from(`${long}\n`.repeat(20));
  for (let at = 0; at < bytes.length; at += 65_536) {
    open = at > 0;
    lines.push(bytes.subarray(at, at + 65_536), 0);
  }
  lines.end();
  assert.deepEqual([dropped, reported.length], [3, 17]);
  assert.ok(reported.every((line) => line === long));
});
