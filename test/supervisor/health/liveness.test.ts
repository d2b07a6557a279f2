import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Health, Liveness } from '../../../src/config/types.ts';
import type { ProbeOutcome } from '../../../src/supervisor/health/health.ts';
import {
  afterProbe,
  alive,
  hungReason,
  type ListenerLiveness,
} from '../../../src/supervisor/health/liveness.ts';
import { listener } from '../support.ts';

const health: Health = { ...listener.health, interval: 5000, timeout: 2000 };
const silence: ProbeOutcome = { ok: false, cause: 'unhealthy', reason: 'no answer within 2s' };
const within60s: Liveness = { kind: 'health', after: 60_000 };

function hung(
  pulse: ListenerLiveness,
  liveness: Liveness = within60s,
  probe: Health = health,
): string | null {
  return hungReason(pulse, liveness, probe, 'no answer within 2s');
}

/** The pulse after that many lost probes, each so many ms after the one before. */
function silent(pulse: ListenerLiveness, times: number, every: number): ListenerLiveness {
  let felt = pulse;
  for (let index = 0; index < times; index += 1) felt = afterProbe(felt, silence, health, felt.at + every);
  return felt;
}

test('a listener is hung once it has failed its probes for that long, and not before', () => {
  const nearly = silent(alive(0), 11, 5000);
  assert.equal(hung(nearly), null);
  assert.equal(hung(silent(nearly, 1, 5000)), 'no healthy answer for 1m (no answer within 2s)');
});

test('one healthy probe starts the count again', () => {
  const well = afterProbe(silent(alive(0), 11, 5000), { ok: true }, health, 60_000);
  assert.equal(hung(silent(well, 11, 5000)), null);
});

test('restart_after: never means never', () => {
  assert.equal(hung(silent(alive(0), 10_000, 5000), { kind: 'health', after: null }), null);
});

test('the time that a laptop slept is not counted', () => {
  const slept = silent(alive(0), 1, 8 * 3_600_000);
  assert.equal(slept.failingFor, health.interval + health.timeout);
  assert.equal(hung(slept), null);
  // Awake again, it is found as it would have been.
  assert.equal(hung(silent(slept, 10, 5000)), null);
  assert.notEqual(hung(silent(slept, 11, 5000)), null);
});

test('a clock that is set back counts as no time', () => {
  const back = silent(alive(1_000_000), 1, -500_000);
  assert.equal(back.failingFor, 0);
  assert.notEqual(hung(silent(back, 12, 5000)), null);
});

test('however short the time, it takes `failures` failed probes', () => {
  const soon: Liveness = { kind: 'health', after: 1000 };
  assert.equal(hung(silent(alive(0), 1, 5000), soon), null);
  assert.equal(hung(silent(alive(0), 2, 5000), soon), null);
  assert.notEqual(hung(silent(alive(0), 3, 5000), soon), null);
  assert.notEqual(hung(silent(alive(0), 1, 5000), soon, { ...health, failures: 1 }), null);
});

test('a separate liveness probe counts failed probes, not time', () => {
  const probe: Health = { ...health, failures: 3 };
  const own: Liveness = { kind: 'own', probe };
  assert.equal(hung(silent(alive(0), 2, 1_000_000), own, probe), null);
  assert.equal(
    hung(silent(alive(0), 3, 1), own, probe),
    'liveness probes failed in a row: 3 (no answer within 2s)',
  );
});

test('whatever happens, a listener is hung only after that much time awake and that many failed probes', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -10_000, max: 100_000 })), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 200_000 }), (probes, after) => {
      let pulse = alive(0);
      let at = 0;
      let lost = 0;
      let awake = 0;
      for (const [ok, step] of probes) {
        at += step;
        pulse = afterProbe(pulse, ok ? { ok } : silence, health, at);
        lost = ok ? 0 : lost + 1;
        awake = ok ? 0 : awake + Math.min(7000, Math.max(0, step));
        const expected = awake >= after && lost >= health.failures;
        assert.equal(hung(pulse, { kind: 'health', after }) !== null, expected);
      }
    }),
  );
});
