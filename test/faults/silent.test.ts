import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertUntouched, type Fault, pidIn, pidOf, prepareFault } from './support/fault.ts';
import { isLiving } from './support/processes.ts';

const PROBED = { path: '/health', interval: '100ms', timeout: '1s', failures: 2 };
const OTHER = { program: 'serve.mjs' };

function probed(program: string, probes: object) {
  return {
    program,
    listeners: { http: { port_env: 'PORT', ...probes } },
    stop: { drain: '100ms', grace: '300ms' },
  };
}

describe('a gateway that does not answer', { concurrency: 3 }, () => {
  test('stopped by SIGSTOP: it is detected and restarted', async (t) => {
    const fault = await prepareFault(t, {
      gateways: { victim: probed('moody.mjs', { health: { ...PROBED, restart_after: '1s' } }), other: OTHER },
    });
    await restarted(fault, (pid) => process.kill(pid, 'SIGSTOP'));
  });

  test('accepts connections and never answers: its liveness probe detects it', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        victim: probed('moody.mjs', {
          health: PROBED,
          liveness: { ...PROBED, failures: 3 },
        }),
        other: OTHER,
      },
    });
    await restarted(fault, () => fault.tell('victim', '/mute').catch(() => ''));
  });

  test('fails one probe: nothing happens', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        victim: probed('moody.mjs', {
          health: PROBED,
          liveness: PROBED,
        }),
      },
    });
    const gwproxy = await fault.up('victim');
    const before = await gwproxy.profile('victim');
    await fault.tell('victim', '/lose');
    for (let seen = ''; !/"lost":1,"well":(?:[5-9]|\d\d)/.test(seen); )
      seen = await fault.tell('victim', '/seen');
    assertUntouched(before, await gwproxy.profile('victim'));
    assert.equal(await pidIn(await fault.ask('victim')), before.pid);
  });

  test('starts slowly: its requests are held, and one that never becomes ready is restarted', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        slow: { program: 'gated.mjs' },
        never: { program: 'gated.mjs', start_timeout: '700ms', restart: { min: '10m', max: '10m' } },
        other: OTHER,
      },
    });
    const gwproxy = await fault.up('other');
    const other = await gwproxy.profile('other');
    const late = await fault.until('never', 'its time is over', ({ state }) => state === 'backoff');
    assert.match(late.last_error ?? '', /within 700ms/);
    assert.equal((await fault.ask('never')).status, 503);

    const slow = await fault.until('slow', 'spawned', ({ pid }) => pid !== null);
    assert.equal(slow.state, 'starting');
    const held = fault.ask('slow', '/', { method: 'POST', body: 'hello' });
    await fault.until('slow', 'held', (status) => status.held === 1);
    process.kill(pidOf(slow), 'SIGUSR2');
    assert.equal((await held).status, 200);
    assert.equal((await gwproxy.profile('slow')).restarts, 0);
    assertUntouched(other, await gwproxy.profile('other'));
  });
});

/** Asserts that `hang` makes gwproxy restart this gateway and no other. */
async function restarted(fault: Fault, hang: (pid: number) => unknown): Promise<void> {
  const gwproxy = await fault.up('victim', 'other');
  const [before, other] = [await gwproxy.profile('victim'), await gwproxy.profile('other')];
  await hang(pidOf(before));
  await gwproxy.ready('victim', before.generation + 1);
  assert.ok(!isLiving(pidOf(before)));
  const after = await gwproxy.profile('victim');
  assert.equal(after.restarts, 1);
  assert.equal(await pidIn(await fault.ask('victim')), after.pid);
  const told = await gwproxy.waitFor(
    'why',
    (line) =>
      line.type === 'gateway.state' &&
      line.profile === 'victim' &&
      /draining|stopping/.test(String(line.state)),
  );
  assert.match(String(told.reason), /answer/);
  assertUntouched(other, await gwproxy.profile('other'));
}
