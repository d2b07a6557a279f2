import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertUntouched, pidOf, prepareFault } from './support/fault.ts';
import { isLiving } from './support/processes.ts';

const MIB = 1024 ** 2;

test('a gateway that leaks memory is reported, then restarted in order, and its request in flight is answered', async (t) => {
  const fault = await prepareFault(t, {
    gateways: {
      leaky: { program: 'leaky.mjs', max_memory: '400MiB', stop: { drain: '20s', grace: '5s' } },
      other: { program: 'serve.mjs' },
    },
  });
  const gwproxy = await fault.up('leaky', 'other');
  const [before, other] = [await gwproxy.profile('leaky'), await gwproxy.profile('other')];

  // Together with Node itself (40 to 60 MiB) this lies between the warning and the limit.
  await fault.tell('leaky', '/leak/300');
  const warned = await gwproxy.waitFor('the warning', ({ type }) => type === 'gateway.memory');
  assert.ok(Number(warned.bytes) > 300 * MIB && Number(warned.bytes) < 400 * MIB);
  assert.equal(warned.limit, 400 * MIB);
  assertUntouched(before, await gwproxy.profile('leaky'));

  const inFlight = fault.ask('leaky', '/wait');
  await fault.until('leaky', 'a request in flight', (status) => status.in_flight === 1);
  await fault.tell('leaky', '/leak/150');
  const leaving = await gwproxy.waitFor('it leaves', ({ state }) => state === 'draining');
  assert.match(String(leaving.reason), /max_memory/);
  assert.ok(isLiving(pidOf(before)), 'it may finish what is in flight');
  await fault.tell('leaky', '/go-on');
  assert.equal(await (await inFlight).text(), String(before.pid));

  await gwproxy.ready('leaky', before.generation + 1);
  const exit = await gwproxy.waitFor('its exit', ({ type }) => type === 'gateway.exit');
  assert.equal(exit.code, 0, 'asked, not killed');
  const after = await gwproxy.profile('leaky');
  assert.equal(after.restarts, 1);
  assert.equal(after.last_error, null);
  assertUntouched(other, await gwproxy.profile('other'));
});
