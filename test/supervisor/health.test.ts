import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Health } from '../../src/config/types.ts';
import { judge, provesLost, seek, type Watch } from '../../src/supervisor/health.ts';
import { listener } from './support.ts';

const { health: probed } = listener;
const health: Health = { ...probed, interval: 5000 };
const lost = { ok: false, reason: 'connection refused' } as const;

test('a ready listener is lost after `failures` lost probes in a row, and after no fewer', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 200, size: 'max' }),
      fc.integer({ min: 1, max: 5 }),
      (oks, failures) => {
        let watch: Watch = seek(0);
        let inRow = 0;
        let ready = false;
        oks.forEach((ok, index) => {
          const judgement = judge(watch, ok ? { ok } : lost, { ...health, failures }, index);
          inRow = ok ? 0 : inRow + 1;
          const verdict = ok && !ready ? 'ready' : ready && inRow === failures ? 'lost' : null;
          assert.equal(judgement.verdict, verdict);
          if (verdict !== null) ready = verdict === 'ready';
          if (verdict === 'lost') inRow = 0;
          watch = judgement.watch;
          assert.equal(watch.ready, ready);
        });
      },
    ),
  );
});

test('a listener that is sought is asked often at first, ever less, and never less than every interval', () => {
  let watch = seek(0);
  let at = 0;
  const waits: number[] = [];
  while (at < 1_000_000) {
    const judgement = judge(watch, lost, health, at);
    watch = judgement.watch;
    at += judgement.wait;
    waits.push(judgement.wait);
  }
  assert.ok((waits[0] ?? 0) < 50);
  assert.deepEqual(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  // Hermes takes 2 to 25 s to start: it is found within a quarter of a second.
  assert.ok(waits.slice(0, 80).every((wait) => wait <= 250));
  assert.equal(waits.at(-1), health.interval);
});

test('a short interval bounds the quick probes too', () => {
  assert.equal(judge(seek(0), lost, { ...health, interval: 10 }, 0).wait, 10);
});

test('only a failure that says nobody listens proves a listener lost', () => {
  assert.ok(provesLost('ECONNREFUSED'));
  assert.ok(!provesLost('UND_ERR_CONNECT_TIMEOUT'));
  assert.ok(!provesLost('ECONNRESET'));
});
