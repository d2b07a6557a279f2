import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertUntouched, pidIn, pidOf, prepareFault } from './support/fault.ts';
import { freePort } from './support/foreign-server.ts';
import { allGone, descendants, isLiving } from './support/processes.ts';

const QUICK = { path: '/', interval: '100ms', timeout: '1s', failures: 2, restart_after: '500ms' };

describe('SIGKILL', { concurrency: 2 }, () => {
  test('of a gateway: it is restarted once, a request in between is answered, the other gateway is untouched', async (t) => {
    const fault = await prepareFault(t, {
      gateways: { victim: { program: 'serve.mjs' }, other: { program: 'serve.mjs' } },
    });
    const gwproxy = await fault.up('victim', 'other');
    const [victim, other] = await Promise.all([gwproxy.profile('victim'), gwproxy.profile('other')]);

    process.kill(pidOf(victim), 'SIGKILL');
    // Until the process has ended, the system accepts connections for it, and a request sent to it is not sent again.
    await allGone([pidOf(victim)], 5000);
    const answeredBy = await pidIn(await fault.ask('victim'));

    const after = await fault.until('victim', 'ready again', ({ state }) => state === 'ready');
    assert.equal(after.pid, answeredBy);
    assert.notEqual(after.pid, victim.pid);
    assert.equal(after.restarts, 1);
    assert.equal(after.generation, victim.generation + 1);
    assert.equal(after.last_exit?.signal, 'SIGKILL');
    assert.equal(after.last_error, null);
    assertUntouched(other, await gwproxy.profile('other'));
  });

  test('of a grandchild that serves restarts the gateway with its whole tree; of another grandchild changes nothing', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        victim: { program: 'tree.mjs', listeners: { http: { port_env: 'PORT', health: QUICK } } },
        other: { program: 'tree.mjs', listeners: { http: { port_env: 'PORT', health: QUICK } } },
      },
    });
    const gwproxy = await fault.up('victim', 'other');
    const before = await gwproxy.profile('victim');
    const other = await gwproxy.profile('other');
    const old = await treeOf(await fault.ask('victim'));
    assert.equal(old.leader, before.pid);

    process.kill((await treeOf(await fault.ask('other'))).helper, 'SIGKILL');
    process.kill(old.server, 'SIGKILL');
    await gwproxy.waitFor('lost', (line) => line.type === 'listener.lost' && line.profile === 'victim');
    await gwproxy.ready('victim', before.generation + 1);

    await allGone([old.leader, old.helper, old.server], 0);
    const now = await treeOf(await fault.ask('victim'));
    const after = await gwproxy.profile('victim');
    assert.equal(now.leader, after.pid);
    assert.equal(after.restarts, 1);
    assertUntouched(other, await gwproxy.profile('other'));
  });

  test('of gwproxy: neither gateways nor their grandchildren outlive it, and the next `up` works', async (t) => {
    const port = await freePort();
    const fault = await prepareFault(t, {
      gateways: {
        one: { program: 'tree.mjs', listeners: { http: { port, port_env: 'PORT' } } },
        two: { program: 'tree.mjs' },
        three: { program: '../deaf-gateway.mjs' },
        four: { program: 'serve.mjs' },
      },
    });
    const gwproxy = await fault.up('one', 'two', 'three', 'four');
    const family = (await descendants(gwproxy.pid)).map(({ pid }) => pid);
    const gateways = (await fault.processes()).map(({ pid }) => pid);
    assert.ok(gateways.length >= 8, `two trees of three, and two more: ${gateways.join(', ')}`);

    const killedAt = performance.now();
    const since = (): string => (performance.now() - killedAt).toFixed(0);
    process.kill(gwproxy.pid, 'SIGKILL');
    // On an idle machine it takes at most 2 s.
    await allGone(gateways, 5000);
    t.diagnostic(`${gateways.length} processes were gone ${since()} ms after the SIGKILL of gwproxy`);
    await allGone(family, 5000);
    t.diagnostic(`its guard after ${since()} ms`);
    assert.deepEqual(await fault.processes(), []);

    const next = await fault.up('one', 'two', 'three', 'four');
    assert.equal((await fault.ask('one')).status, 200);
    assert.equal(await next.stop(), 0);
  });

  test('of gwproxy and its guard: the next `up` ends the processes left behind', async (t) => {
    const port = await freePort();
    const fault = await prepareFault(t, {
      gateways: {
        one: { program: 'tree.mjs', listeners: { http: { port, port_env: 'PORT' } } },
        two: { program: '../deaf-gateway.mjs' },
      },
    });
    const gwproxy = await fault.up('one', 'two');
    const family = await descendants(gwproxy.pid);
    const old = await treeOf(await fault.ask('one'));
    const own = [old.leader, old.helper, old.server, pidOf(await gwproxy.profile('two'))];
    const guards = family.map(({ pid }) => pid).filter((pid) => !own.includes(pid));
    assert.ok(guards.length > 0, `a guard beside the gateways: ${JSON.stringify(family)}`);

    // A gwproxy that is stopped by SIGSTOP cannot start another guard.
    process.kill(gwproxy.pid, 'SIGSTOP');
    for (const pid of guards) process.kill(pid, 'SIGKILL');
    process.kill(gwproxy.pid, 'SIGKILL');
    await allGone([gwproxy.pid, ...guards], 5000);
    assert.deepEqual(own.filter(isLiving), own, 'without a guard they live on');

    const next = await fault.up('one', 'two');
    const swept = await next.waitFor('the sweep told', ({ type }) => type === 'run.swept');
    assert.deepEqual(swept.profiles, ['one', 'two']);
    assert.equal(swept.processes, own.length);
    assert.deepEqual(own.filter(isLiving), []);
    assert.equal((await treeOf(await fault.ask('one'))).leader, (await next.profile('one')).pid);
  });
});

async function treeOf(answer: Response): Promise<{ leader: number; helper: number; server: number }> {
  assert.equal(answer.status, 200);
  const tree: unknown = await answer.json();
  assert.ok(typeof tree === 'object' && tree !== null);
  const { leader, helper, server } = { leader: 0, helper: 0, server: 0, ...tree };
  assert.ok(leader > 0 && helper > 0 && server > 0);
  return { leader, helper, server };
}
