import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { clientPortAdvice } from '../../../src/supervisor/ports/client-ports.ts';
import { conflictText, findConflict } from '../../../src/supervisor/ports/port-conflict.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { PROGRAM, server } from '../children.ts';
import { outgoingConnection } from './connections.ts';

/** Binds a port and neither listens nor connects, until its standard input ends; writes the port. */
const BOUND_ONLY = `
import socket, sys
bound = socket.socket()
bound.bind(('127.0.0.1', 0))
print(bound.getsockname()[1], flush=True)
sys.stdin.read()
`;

const SELF = `${PROGRAM} (pid ${process.pid})`;

test('a port that no socket has is free', async (t) => {
  const { port, end } = await server(t);
  await end();
  assert.equal(await findConflict('127.0.0.1', port), null);
});

if (HAS_PROC) {
  test('the program that listens on a port is named', async (t) => {
    const { port, pid } = await server(t);
    const expected = { kind: 'held', text: `is in use by ${PROGRAM} (pid ${pid})`, advice: null };
    assert.deepEqual(await findConflict('127.0.0.1', port), expected);
    assert.deepEqual(await findConflict('localhost', port), expected);
    assert.deepEqual(await findConflict('0.0.0.0', port), expected);
  });

  test('an outgoing connection is named with its program, and the range that its port comes from', async (t) => {
    const { port, peerPort } = await outgoingConnection(t);
    const advice = await clientPortAdvice(port);
    assert.match(
      advice ?? '',
      /outside \d+ to \d+, .*ip_local_port_range.*ip_local_reserved_ports=\S*\b\d+`$/,
    );
    const conflict = await findConflict('127.0.0.1', port);
    assert.deepEqual(conflict, {
      kind: 'held',
      text: `is in use by a connection of ${SELF} with 127.0.0.1:${peerPort}`,
      advice,
    });
    assert.equal(conflictText(`port ${port}`, conflict), `port ${port} ${conflict.text}; ${advice}`);
    assert.equal((await findConflict('0.0.0.0', port))?.kind, 'held');
    assert.equal((await findConflict('::', port))?.kind, 'held');
    assert.equal(await findConflict('127.0.0.2', port), null, 'its address is another one');
  });

  test('a port in TIME_WAIT is said to become free by itself, and when', async (t) => {
    const { client, port, peer } = await outgoingConnection(t);
    const ended = once(peer, 'end');
    const closed = once(peer, 'close');
    peer.resume();
    client.destroy();
    await ended;
    peer.end();
    await closed;
    const conflict = await findConflict('127.0.0.1', port);
    assert.equal(conflict?.kind, 'closing');
    const [, seconds] =
      /^is not free yet: a connection on it has ended, and the system keeps the port for (\d+) s more \(TIME_WAIT\)$/.exec(
        conflict.text,
      ) ?? [];
    assert.ok(Number(seconds) > 0 && Number(seconds) <= 60, conflict.text);
  });

  test('a port that is bound by a socket in no table is not blamed on a container', async (t) => {
    const bound = spawn('python3', ['-c', BOUND_ONLY], { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(bound, 'exit');
    t.after(async () => {
      bound.stdin.end();
      await exited;
    });
    const [line]: Buffer[] = await once(bound.stdout, 'data');
    const conflict = await findConflict('127.0.0.1', Number(line));
    assert.ok(conflict?.kind === 'held');
    assert.match(conflict.text, /^is in use by a process that has bound it and does not listen/);
  });
}
