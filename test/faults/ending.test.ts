import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertUntouched, pidOf, prepareFault } from './support/fault.ts';
import { isLiving } from './support/processes.ts';

describe('a gateway that does not end', { concurrency: 2 }, () => {
  test('ignores SIGTERM: it is killed after its grace period, and the other gateway is untouched', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        stubborn: { program: 'stubborn.mjs', stop: { drain: '0ms', grace: '400ms' } },
        other: { program: 'serve.mjs' },
      },
    });
    const gwproxy = await fault.up('stubborn', 'other');
    const [stubborn, other] = [await gwproxy.profile('stubborn'), await gwproxy.profile('other')];

    const stopped = await fault.cli('stop', 'stubborn');
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.ok(!isLiving(pidOf(stubborn)));
    const asked = await gwproxy.waitFor(
      'asked to end',
      (line) => line.type === 'gateway.state' && line.state === 'stopping',
    );
    const exit = await gwproxy.waitFor('its exit', (line) => line.type === 'gateway.exit');
    assert.equal(exit.signal, 'SIGKILL');
    assert.equal(exit.asked, true);
    assert.ok(Number(exit.time) - Number(asked.time) >= 390, 'not before its grace was over');
    const after = await gwproxy.profile('stubborn');
    assert.deepEqual([after.state, after.restarts, after.last_error], ['stopped', 0, null]);
    assertUntouched(other, await gwproxy.profile('other'));
  });

  test('forks a daemon: the daemon ends with its gateway, after a stop and after a crash', async (t) => {
    const fault = await prepareFault(t, { gateways: { parent: { program: 'daemon.mjs' } } });
    const gwproxy = await fault.up('parent');
    const parent = pidOf(await gwproxy.profile('parent'));
    const [daemon, ...more] = (await fault.processes()).filter(({ parent: pid }) => pid === parent);
    assert.ok(daemon !== undefined && more.length === 0);

    process.kill(parent, 'SIGKILL');
    await gwproxy.ready('parent', 2);
    assert.ok(!isLiving(daemon.pid), 'ended before the next generation began');
    const now = pidOf(await gwproxy.profile('parent'));
    const [next] = (await fault.processes()).filter(({ parent: pid }) => pid === now);
    assert.ok(next !== undefined);

    const stopped = await fault.cli('stop', 'parent');
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.ok(!isLiving(next.pid) && !isLiving(now));
    assert.equal((await gwproxy.profile('parent')).restarts, 1);
  });
});
