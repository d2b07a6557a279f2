import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOREIGN_HOLDER } from '../../../src/holder.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { child, PROGRAM, SERVER, server } from '../children.ts';
import { counted, HEALTH, probing } from '../health/probing.ts';
import { until } from '../processes.ts';
import { listener } from '../support.ts';

const hidden = (): Promise<never> => Promise.reject(new Error('hidden'));
const UNKNOWN = 'its processes cannot be read: hidden';

if (HAS_PROC) {
  test('a foreign process on the port makes no listener ready, and is named', async (t) => {
    const { port, pid } = await server(t);
    const { first, events, probes } = probing(t, port, {}, {}, () => Promise.resolve([]));
    const reason = `port ${port} is held by ${PROGRAM} (pid ${pid}), not by this gateway`;
    assert.deepEqual(await first('trouble'), { type: 'trouble', generation: 1, reason });
    assert.equal(probes.failureText(), `http on port ${port}: ${reason}`);
    assert.equal(events.length, 1);
  });

  test('the holders stay known through a changed config, and after another process took the port', async (t) => {
    const own = await server(t);
    const members = () => Promise.resolve([own.pid]);
    const { first, next, change, probes } = probing(t, own.port, {}, {}, members);
    await first('conditionMet');
    const holders = probes.holders('http');
    assert.deepEqual(
      holders.map(({ pid }) => pid),
      [own.pid],
    );
    change({ listeners: [{ ...listener, health: { ...HEALTH, path: '/other' } }] });
    assert.deepEqual(probes.holders('http'), holders);
    const lost = next('conditionLost');
    own.send('close');
    await own.line();
    await child(t, SERVER, ['127.0.0.1', String(own.port)]).line();
    await lost;
    await first('trouble');
    assert.deepEqual(probes.holders('http'), holders);
    probes.start(2);
    assert.deepEqual(probes.holders('http'), []);
  });

  test('when a door finds the port held by others, it is scanned without a health answer', async (t) => {
    const own = await server(t);
    const moved: string[] = [];
    const members = () => Promise.resolve([own.pid]);
    const patient = { health: { ...HEALTH, interval: 600_000, timeout: 600_000 } };
    const { first, probes } = probing(t, own.port, patient, {}, members, (listener) => moved.push(listener));
    await first('conditionMet');
    const before = probes.holders('http');
    for (const word of ['hang', 'open']) {
      own.send(word);
      await own.line();
    }
    probes.connectionFailed('http', FOREIGN_HOLDER);
    await until('the new socket known', () => moved.length >= 2, 15_000);
    assert.notDeepEqual(probes.holders('http'), before);
    assert.deepEqual(
      probes.holders('http').map(({ pid }) => pid),
      [own.pid],
    );
  });

  test('with owner_check: off, and for a `url:`, a foreign process passes for the gateway', async (t) => {
    const { port } = await server(t);
    const nobody = () => Promise.resolve([]);
    await probing(t, port, {}, { ownerCheck: 'off' }, nobody).first('conditionMet');
    await probing(t, port, {}, { launch: { kind: 'url' } }, nobody).first('conditionMet');
  });

  test('an unknown owner passes with owner_check: lenient, and is reported once in a generation', async (t) => {
    const { port, times, asked } = await counted(t, () => 200);
    const { first, reports, probes } = probing(t, port, {}, {}, hidden);
    await first('conditionMet');
    await times(asked() + 3);
    const expected = {
      type: 'listener.unknown-owner',
      profile: 'alpha',
      listener: 'http',
      port,
      blocked: false,
    };
    assert.deepEqual(reports, [{ ...expected, reason: UNKNOWN }]);
    probes.start(2);
    await times(asked() + 3);
    assert.equal(reports.length, 2);
  });
}

test('an unknown owner does not pass with owner_check: strict', async (t) => {
  const { port, times, asked } = await counted(t, () => 200);
  const { events, reports, probes } = probing(t, port, {}, { ownerCheck: 'strict' }, hidden);
  await times(asked() + 4);
  const reason = HAS_PROC ? UNKNOWN : 'this system has no /proc';
  const expected = {
    type: 'listener.unknown-owner',
    profile: 'alpha',
    listener: 'http',
    port,
    blocked: true,
  };
  assert.deepEqual(reports, [{ ...expected, reason }]);
  assert.deepEqual(events, []);
  assert.match(probes.failureText(), /the owner of port \d+ is unknown/);
});
