import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../faults/support/foreign-server.ts';
import { fixture } from '../../support/root.ts';
import { scoped } from '../scope.ts';
import { activatedLauncher } from './activated-launcher.ts';
import { plainEnv } from './env.ts';
import { createLog } from './log.ts';

const WAIT_MS = 30_000;

test('connections wait while what listens is killed and started again', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await scoped(async (scope) => {
    const log = createLog();
    const argv = [process.execPath, fixture('nothing-lost', 'activated.mjs')];
    const launcher = await activatedLauncher(scope, { port, argv, env: plainEnv({ tag: 'keeper' }), log });

    // Before its first life, too.
    const early = connect(port, '127.0.0.1');
    await once(early, 'connect');
    early.destroy();
    const first = await launcher.start();
    assert.equal(await (await fetch(url, { headers: { Connection: 'close' } })).text(), `${first.pid} 1`);

    process.kill(first.pid, 'SIGKILL');
    assert.equal(await first.ended, null);
    const between = fetch(url, { headers: { Connection: 'close' } });
    const ready = log.next('the second', ({ type }) => type === 'ready', WAIT_MS);
    const second = await launcher.start();
    assert.equal((await ready).pid, second.pid);
    assert.equal(await (await between).text(), `${second.pid} 1`);

    process.kill(second.pid, 'SIGTERM');
    assert.equal(await second.ended, 7);
    await launcher.start();
    return true;
  });
  await assert.rejects(
    fetch(url),
    ({ cause }) => cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED',
  );
});
