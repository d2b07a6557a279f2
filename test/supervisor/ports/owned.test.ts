import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { ProfilePlan } from '../../../src/config/types.ts';
import type { Event } from '../../../src/events.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { PROGRAM } from '../children.ts';
import { FakeDoor, isLine, isState, pidOf, portOf, profile, statusOf, supervise } from '../support.ts';

/** Serves at once; at SIGUSR2 it closes its listener and lives on. */
const QUITTER = `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('ok'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGUSR2', () => server.close(() => console.log('closed')).closeAllConnections());
setInterval(() => {}, 60_000);
`;

function quitter(): ProfilePlan {
  const plan = profile('alpha', '');
  assert.ok(plan.launch.kind === 'command');
  const command = [[process.execPath], ['--input-type=module'], ['-e'], [QUITTER]] as const;
  return { ...plan, launch: { ...plan.launch, command } };
}

/** An HTTP server of the test's own process, which is none of the gateway's; asked(n): it was for the nth time. */
async function usurp(t: TestContext, port: number) {
  const server = createServer((_request, response) => response.end('I am another'));
  t.after(() => server.close());
  const asked = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) await once(server, 'request');
  };
  const third = asked(3);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, third };
}

const isLost = (event: Event): boolean => event.type === 'listener.lost';

if (HAS_PROC) {
  const held = (port: number): string =>
    `port ${port} is held by ${PROGRAM} (pid ${process.pid}), not by this gateway`;

  test('while a foreign process has the port a gateway gets no request, and the status names that process', async (t) => {
    const { supervisor, log } = supervise(t, [profile('alpha', 'gated.mjs')]);
    const door = new FakeDoor('door', supervisor.port);
    supervisor.addDoor(door);
    supervisor.start();
    await log.first(isLine('alpha', 'waiting'));
    const port = portOf(supervisor, 'alpha');
    const { server, third } = await usurp(t, port);
    await third;
    assert.equal(statusOf(supervisor, 'alpha').last_error, held(port));
    assert.equal(door.target('alpha').state, 'pending');
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    process.kill(pidOf(supervisor, 'alpha'), 'SIGUSR2');
    await supervisor.settled();
    const { state, last_error } = statusOf(supervisor, 'alpha');
    assert.deepEqual([state, last_error], ['ready', null]);
  });

  test('a foreign process that takes the port of a living gateway gets no request from then on', async (t) => {
    const { supervisor, log } = supervise(t, [quitter()]);
    const door = new FakeDoor('door', supervisor.port);
    supervisor.addDoor(door);
    supervisor.start();
    await supervisor.settled();
    const port = portOf(supervisor, 'alpha');
    process.kill(pidOf(supervisor, 'alpha'), 'SIGUSR2');
    await log.first(isLine('alpha', 'closed'));
    await usurp(t, port);
    const lost = await log.first(isLost);
    assert.ok(lost.type === 'listener.lost');
    assert.equal(lost.reason, held(port));
    assert.notEqual(door.target('alpha').state, 'ready');
  });
}

test("a port that a grandchild listens on is the gateway's own", async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'family.mjs', { ownerCheck: 'strict' })]);
  supervisor.start();
  if (HAS_PROC) await log.first(isState('alpha', 'ready'));
  else await log.first((event) => event.type === 'listener.unknown-owner' && event.blocked);
});
