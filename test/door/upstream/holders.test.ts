import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { FOREIGN_HOLDER, type Holder } from '../../../src/holder.ts';
import { listeningOn } from '../../../src/supervisor/ports/listening.ts';
import { findHolders } from '../../../src/supervisor/ports/socket-holders.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { pathRoute, startBot, startDoor, target } from '../support/door.ts';

const ROUTES = [pathRoute('a', '/p/a', true)];

async function holdersAt(port: number): Promise<readonly Holder[]> {
  const sockets = await listeningOn('127.0.0.1', port);
  const holders = await findHolders(new Set(sockets.map(({ inode }) => inode)), [process.pid]);
  assert.equal(holders.length, 1);
  return holders;
}

/** A door to a bot that ends each connection, by the holders of another port; they hold until that is closed. */
async function place(t: TestContext) {
  const bot = await startBot(t, (_req, res) => res.setHeader('connection', 'close').end('ok'));
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = other.address();
  assert.ok(address !== null && typeof address === 'object');
  const holders = await holdersAt(address.port);
  const before = target('a', bot.port, { holders });
  return { bot, other, before, ...(await startDoor(t, { routes: ROUTES, targets: [before] })) };
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

// Other systems do not show which process holds a port.
if (HAS_PROC) {
  test('a connection counts while the port has the holders that it had, and then waits for a look', async (t) => {
    const { bot, other, before, port, supervisor } = await place(t);
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/p/a/x`)).status;
    assert.equal(await ask(), 200);
    await close(other);
    const asked = ask();
    await supervisor.called('failed');
    const [told] = supervisor.of('failed');
    assert.deepEqual([told?.profile, told?.listener, told?.code], ['a', 'main', FOREIGN_HOLDER]);
    assert.equal(bot.requests.length, 1);
    supervisor.publish(ROUTES, [{ ...before, holders: await holdersAt(bot.port) }]);
    assert.equal(await asked, 200);
    assert.equal(bot.requests.length, 2);
  });

  test('whom nobody looks for any more is sent nothing', async (t) => {
    const { bot, other, port } = await place(t);
    await close(other);
    const answer = await fetch(`http://127.0.0.1:${port}/p/a/x`, { method: 'POST', body: 'secret' });
    assert.equal(answer.status, 503);
    assert.equal(bot.requests.length, 0);
  });

  test('no WebSocket is joined with another holder', async (t) => {
    const { bot, other, port } = await place(t);
    let upgrades = 0;
    bot.server.on('upgrade', (_req, socket) => {
      upgrades += 1;
      socket.destroy();
    });
    await close(other);
    const client = new WebSocket(`ws://127.0.0.1:${port}/p/a/ws`);
    const [error] = await once(client, 'error');
    assert.match(String(error), /503/);
    assert.equal(upgrades, 0);
  });
}
