import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProfileStatus } from '../../src/admin/status.ts';
import { listening } from '../support/sockets.ts';
import { assertUntouched, type Fault, pidIn, pidOf, prepareFault } from './support/fault.ts';
import { foreignServerOn, freed, freePort } from './support/foreign-server.ts';

const DELIVERY = '/delivery';
const BOTS = (port: number, interval = '100ms') => ({
  gateways: {
    victim: {
      program: 'lets-go.mjs',
      listeners: {
        http: {
          port,
          port_env: 'PORT',
          health: { path: '/health', interval, restart_after: '20m' },
        },
      },
      restart: { min: '100ms', max: '200ms' },
    },
    other: { program: 'serve.mjs' },
  },
});

describe('a foreign process on the port', { concurrency: 2 }, () => {
  test('before the start: it gets no request and is named, and the gateway starts once the port is free', async (t) => {
    const port = await freePort();
    const fault = await prepareFault(t, BOTS(port));
    const server = await foreignServerOn(fault, port);
    const gwproxy = await fault.up('other');
    const other = await gwproxy.profile('other');

    await fault.until('victim', 'the foreign process is named', (status) => names(status, port));
    await deliverInVain(fault);
    assert.ok(!server.paths.some((path) => path.endsWith(DELIVERY)));

    await server.close();
    await gwproxy.ready('victim');
    assert.equal(await pidIn(await fault.ask('victim', DELIVERY)), pidOf(await gwproxy.profile('victim')));
    assertUntouched(other, await gwproxy.profile('other'));
  });

  test('that the gateway has closed, or while it restarts after a crash: the same', async (t) => {
    const port = await freePort();
    const fault = await prepareFault(t, BOTS(port));
    const gwproxy = await fault.up('victim', 'other');
    const [before, other] = [await gwproxy.profile('victim'), await gwproxy.profile('other')];
    await fault.tell('victim', '/let-go');
    await gwproxy.waitFor('lost', (line) => line.type === 'listener.lost' && line.profile === 'victim');
    const server = await foreignServerOn(fault, port);

    const foreign = await fault.until('victim', 'the foreign process is named', (status) =>
      names(status, port),
    );
    assert.equal(foreign.pid, before.pid);
    assert.equal(foreign.state, 'unready');
    await deliverInVain(fault);

    process.kill(pidOf(before), 'SIGKILL');
    await gwproxy.waitFor(
      'it waits for its next try',
      ({ type, state }) => type === 'gateway.state' && state === 'backoff',
    );
    await fault.until(
      'victim',
      'the foreign process is named',
      (status) => status.pid === null && names(status, port),
    );
    await deliverInVain(fault);
    assert.ok(!server.paths.some((path) => path.endsWith(DELIVERY)));

    await server.close();
    await gwproxy.ready('victim', before.generation + 1);
    assert.equal(await pidIn(await fault.ask('victim', DELIVERY)), pidOf(await gwproxy.profile('victim')));
    assertUntouched(other, await gwproxy.profile('other'));
  });

  test('that the gateway has closed since the last probe: the same', async (t) => {
    const port = await freePort();
    const fault = await prepareFault(t, BOTS(port, '10m'));
    const gwproxy = await fault.up('victim', 'other');
    const victim = await gwproxy.profile('victim');
    await fault.tell('victim', '/let-go');
    await freed(port);
    const server = await foreignServerOn(fault, port);

    await deliverInVain(fault);
    const foreign = await fault.until('victim', 'the foreign process is named', (status) =>
      names(status, port),
    );
    assert.deepEqual([foreign.pid, foreign.state], [victim.pid, 'unready']);
    await deliverInVain(fault);
    assert.ok(!server.paths.some((path) => path.endsWith(DELIVERY)));
  });
});

// A new socket of the gateway itself is not a foreign process's.
test('a gateway that closes and reopens its port gets its requests there', async (t) => {
  const port = await freePort();
  const fault = await prepareFault(t, BOTS(port, '10m'));
  const gwproxy = await fault.up('victim', 'other');
  const victim = await gwproxy.profile('victim');
  await fault.tell('victim', '/open-anew');
  await listening(port);
  for (let count = 0; count < 3; count += 1) {
    assert.equal(await pidIn(await fault.ask('victim', DELIVERY)), victim.pid);
  }
});

function names({ last_error: error }: ProfileStatus, port: number): boolean {
  return error?.includes(String(port)) === true && error.includes(`pid ${process.pid}`);
}

/** The request is held until its sender gives up, or refused. */
async function deliverInVain(fault: Fault): Promise<void> {
  const answer = await fault
    .ask('victim', DELIVERY, { method: 'POST', body: '{}', signal: AbortSignal.timeout(500) })
    .catch(() => null);
  if (answer !== null) assert.equal(answer.status, 503, await answer.text());
}
