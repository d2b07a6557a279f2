import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../../../src/config/types.ts';
import type { GatewayEvent } from '../../../src/supervisor/lifecycle/state.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { server } from '../children.ts';
import { until } from '../processes.ts';
import { listener } from '../support.ts';
import { counted, HASTY, HEALTH, probing } from './probing.ts';

const READY: GatewayEvent = {
  type: 'conditionMet',
  generation: 1,
  condition: { kind: 'listener', name: 'http' },
};

test('a gateway that accepts and never answers is lost, then hung, which is reported once', async (t) => {
  const { port, send, line } = await server(t);
  const { first, events } = probing(t, port, {
    health: HASTY,
    liveness: { kind: 'health', after: 500 },
  });
  await first('conditionMet');
  send('hang');
  await line();
  assert.deepEqual(await first('hung'), {
    type: 'hung',
    generation: 1,
    condition: { kind: 'listener', name: 'http' },
    reason: 'no healthy answer for 500ms (no answer within 250ms)',
  });
  assert.deepEqual(
    events.map(({ type }) => type),
    ['conditionMet', 'conditionLost', 'hung'],
  );
});

test('a gateway that is stopped (SIGSTOP) is hung, and healthy when it goes on', async (t) => {
  const { port, pid } = await server(t);
  const { first, next } = probing(t, port, {
    health: HASTY,
    liveness: { kind: 'health', after: 300 },
  });
  await first('conditionMet');
  process.kill(pid, 'SIGSTOP');
  await first('hung');
  const again = next('conditionMet');
  process.kill(pid, 'SIGCONT');
  await again;
});

test('fewer failed probes than the limit change nothing', async (t) => {
  const { port, times } = await counted(t, (nth) => (nth === 2 || nth === 4 || nth === 5 ? 500 : 200));
  const { events } = probing(t, port, { liveness: { kind: 'health', after: 1 } });
  await times(8);
  assert.deepEqual(events, [READY]);
});

test('a listener that was never ready is not hung', async (t) => {
  const { port, times } = await counted(t, () => 500);
  const { events } = probing(t, port, { liveness: { kind: 'health', after: 1 } });
  await times(8);
  assert.deepEqual(events, []);
});

test('a separate liveness probe begins with readiness, and finds a hung listener whatever the health probe says', async (t) => {
  const { port, send, line } = await server(t);
  const probe: Health = { ...HEALTH, path: '/live', failures: 2 };
  const { first, events } = probing(t, port, { liveness: { kind: 'own', probe } });
  await first('conditionMet');
  send('live 500');
  await line();
  assert.deepEqual(await first('hung'), {
    type: 'hung',
    generation: 1,
    condition: { kind: 'listener', name: 'http' },
    reason: 'liveness probes failed in a row: 2 (its health path answered 500)',
  });
  assert.equal(events.length, 2);
});

test('a listener that stays lost is not hung while its liveness probe is healthy', async (t) => {
  const { port, send, line } = await server(t);
  const probe: Health = { ...HEALTH, path: '/live', failures: 1 };
  const { first, next, events } = probing(t, port, { liveness: { kind: 'own', probe } });
  await first('conditionMet');
  send('500');
  await line();
  await first('conditionLost');
  const again = next('conditionMet');
  send('200');
  await line();
  await again;
  assert.ok(events.every(({ type }) => type !== 'hung'));
});

test('a `url:` profile is never restarted', async (t) => {
  const { port, times } = await counted(t, (nth) => (nth === 1 ? 200 : 500));
  const liveness = { kind: 'health', after: 1 } as const;
  const { events } = probing(t, port, { liveness }, { launch: { kind: 'url' } });
  await times(10);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['conditionMet', 'conditionLost'],
  );
});

test('a changed config probes anew, and a ready listener stays ready meanwhile', async (t) => {
  const { port, times, asked } = await counted(t, () => 200);
  const { first, events, change, probes } = probing(t, port, {});
  await first('conditionMet');
  change({ listeners: [{ ...listener, health: { ...HEALTH, path: '/other' } }] });
  await times(asked() + 3);
  assert.deepEqual(events, [READY]);
  change({ listeners: [{ ...listener, health: { ...HEALTH, status: [204], failures: 2 } }] });
  const lost = await first('conditionLost');
  assert.ok(lost.type === 'conditionLost' && lost.reason === 'its health path answered 200');
  probes.start(2);
  assert.equal(probes.failureText(), '');
});

test('a changed config keeps the liveness probes of a gateway running', async (t) => {
  const { port } = await counted(t, (nth) => (nth === 1 ? 200 : 500));
  const { first, change } = probing(t, port, { liveness: { kind: 'health', after: null } });
  await first('conditionLost');
  change({ listeners: [{ ...listener, health: HEALTH, liveness: { kind: 'health', after: 1 } }] });
  await first('hung');
});

test('a listener that a changed config adds is probed from the next start on', async (t) => {
  const { port } = await counted(t, () => 200);
  const { first, change, probes } = probing(t, port, {});
  await first('conditionMet');
  change({ listeners: [listener, { ...listener, name: 'webhook' }] });
  probes.connectionFailed('webhook', 'ECONNREFUSED');
  assert.equal(probes.failureText(), '');
});

if (HAS_PROC) {
  test('a gateway at the other loopback address is found there, and so is its next generation', async (t) => {
    const { port, pid } = await server(t, '::1');
    const { first, next, probes } = probing(t, port, {}, {}, () => Promise.resolve([pid]));
    await first('conditionMet');
    assert.equal(probes.host(listener), '::1');
    assert.deepEqual(
      probes.holders('http').map((holder) => holder.pid),
      [pid],
    );
    const again = next('conditionMet');
    probes.start(2);
    await again;
    assert.equal(probes.host({ ...listener, host: '10.0.0.1' }), '10.0.0.1', 'the config has changed since');
  });

  for (const ownerCheck of ['strict', 'off'] as const) {
    test(`a program that took the other loopback address between two lives does not stand for the gateway (${ownerCheck})`, async (t) => {
      const { port, pid } = await server(t, '::1');
      let members = [pid];
      const { first, next, probes } = probing(t, port, {}, { ownerCheck }, () => Promise.resolve(members));
      await first('conditionMet');
      assert.equal(probes.host(listener), '::1');
      // In its next life the gateway listens at the configured address.
      members = [(await server(t, '127.0.0.1', port)).pid];
      const again = next('conditionMet');
      probes.start(2);
      assert.deepEqual(await again, { ...READY, generation: 2 });
      assert.equal(probes.host(listener), '127.0.0.1');
    });
  }

  test('another program at the other loopback address is not taken for the gateway', async (t) => {
    const { port } = await server(t, '::1');
    const { probes, events } = probing(t, port, {}, {}, () => Promise.resolve([]));
    await until('a failed probe', () => probes.failureText() !== '', 15_000);
    assert.equal(probes.failureText(), `http on port ${port}: connection refused`);
    assert.deepEqual([probes.host(listener), events], ['127.0.0.1', []]);
  });
}
