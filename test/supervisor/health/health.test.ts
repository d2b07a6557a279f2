import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Health } from '../../../src/config/types.ts';
import {
  judgeReadiness,
  notReadySince,
  provesAbsent,
  type Readiness,
} from '../../../src/supervisor/health/health.ts';
import { listener } from '../support.ts';

const { health: probed } = listener;
const health: Health = { ...probed, interval: 5000 };
const lost = { ok: false, cause: 'absent', reason: 'connection refused' } as const;
const stolen = { ok: false, cause: 'foreign', reason: 'port 1 is held by nginx (pid 77)' } as const;

test('`failures` failed probes in a row lose a ready listener, `successes` healthy ones make it ready, and no fewer', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 200, size: 'max' }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (oks, failures, successes) => {
        let watch: Readiness = notReadySince(0);
        let bad = 0;
        let good = 0;
        let ready = false;
        oks.forEach((ok, index) => {
          const policy = { ...health, failures, successes };
          const judgement = judgeReadiness(watch, ok ? { ok } : lost, policy, index);
          bad = ok || !ready ? 0 : bad + 1;
          good = ok && !ready ? good + 1 : 0;
          const verdict = good === successes ? 'ready' : bad === failures ? 'lost' : null;
          assert.equal(judgement.verdict, verdict);
          if (verdict !== null) ready = verdict === 'ready';
          if (verdict !== null) [bad, good] = [0, 0];
          watch = judgement.readiness;
          assert.equal(watch.ready, ready);
        });
      },
    ),
  );
});

test('a ready listener whose port a foreign process has is lost at once', () => {
  const ready = judgeReadiness(notReadySince(0), { ok: true }, health, 0).readiness;
  assert.equal(judgeReadiness(ready, lost, health, 1).verdict, null);
  assert.equal(judgeReadiness(ready, stolen, health, 1).verdict, 'lost');
  assert.equal(judgeReadiness(notReadySince(0), stolen, health, 1).verdict, null);
});

test('healthy probes follow each other quickly, even after a long search', () => {
  const policy = { ...health, successes: 5 };
  let watch = notReadySince(0);
  for (let index = 0; index < 50; index += 1)
    watch = judgeReadiness(watch, lost, policy, 3_600_000).readiness;
  assert.equal(judgeReadiness(watch, lost, policy, 3_600_000).wait, policy.interval);
  assert.equal(judgeReadiness(watch, { ok: true }, policy, 3_600_000).wait, 250);
});

test('a search probes often at first, then less and less, and at least once every interval', () => {
  let watch = notReadySince(0);
  let at = 0;
  const waits: number[] = [];
  while (at < 1_000_000) {
    const judgement = judgeReadiness(watch, lost, health, at);
    watch = judgement.readiness;
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
  assert.equal(judgeReadiness(notReadySince(0), lost, { ...health, interval: 10 }, 0).wait, 10);
});

test('only a failure that proves that no process listens loses a listener at once', () => {
  assert.ok(provesAbsent('ECONNREFUSED'));
  assert.ok(!provesAbsent('UND_ERR_CONNECT_TIMEOUT'));
  assert.ok(!provesAbsent('ECONNRESET'));
});
