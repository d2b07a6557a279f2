import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { socketsWithPort } from '../../../src/supervisor/ports/tcp-tables.ts';
import { listen } from '../../support/sockets.ts';

interface Connection {
  /** The end that connected, whose port the system chose. */
  readonly client: Socket;
  /** Its port. */
  readonly port: number;
  /** The end that accepted. */
  readonly peer: Socket;
  readonly peerPort: number;
}

/**
 * An outgoing connection of this process, both ends of which are gone when the test ends. The system may give its port to
 * connections of other programs too, with other ends; one that shares its port is not returned.
 */
export async function outgoingConnection(t: TestContext): Promise<Connection> {
  for (let tries = 1; ; tries += 1) {
    const connection = await newConnection(t);
    const tables = await Promise.all([
      socketsWithPort('tcp', connection.port),
      socketsWithPort('tcp6', connection.port),
    ]);
    if (tables.flat().length === 1) return connection;
    assert.ok(tries < 20, 'every port is shared with another connection');
  }
}

async function newConnection(t: TestContext): Promise<Connection> {
  const server = createServer({ allowHalfOpen: true });
  const ends: Socket[] = [];
  // Before the server's own clean-up, which waits for the end of its connections.
  t.after(() => {
    for (const end of ends) end.destroy();
  });
  const peerPort = await listen(t, server);
  const accepted = once(server, 'connection');
  const client = connect({ host: '127.0.0.1', port: peerPort });
  await once(client, 'connect');
  const [peer]: Socket[] = await accepted;
  assert.ok(peer !== undefined && client.localPort !== undefined);
  peer.on('error', () => {});
  ends.push(client, peer);
  return { client, port: client.localPort, peer, peerPort };
}

/** A port that no process has, and the system keeps until `finish`: a connection whose other end is still open. */
export async function closedConnection(
  t: TestContext,
): Promise<{ readonly port: number; readonly finish: () => void }> {
  const { client, port, peer } = await outgoingConnection(t);
  const ended = once(peer, 'end');
  peer.resume();
  client.destroy();
  await ended;
  // A reset ends it at once: nothing is kept in TIME_WAIT.
  return { port, finish: () => void peer.resetAndDestroy() };
}
