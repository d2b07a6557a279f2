import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { ListeningSocket } from '../../../src/supervisor/ports/listening.ts';
import { listeningOn } from '../../../src/supervisor/ports/listening.ts';
import type { Owner } from '../../../src/supervisor/ports/ownership.ts';
import { PortOwner } from '../../../src/supervisor/ports/port-owner.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { listen } from '../../support/sockets.ts';
import { child, PROGRAM, SERVER, server } from '../children.ts';

const OWN: Owner = { kind: 'own' };

/** The owner of a port as a gateway with these processes has it; counts how often all of them were asked for. */
function ownerOf(
  port: number,
  members: readonly number[],
  options: {
    readonly host?: string;
    readonly leader?: number;
    readonly sockets?: readonly ListeningSocket[];
  } = {},
) {
  const { host = '127.0.0.1', leader = null, sockets } = options;
  const scans = { full: 0, members };
  const owner = new PortOwner({
    host,
    port,
    leader: () => leader,
    members: () => {
      scans.full += 1;
      return Promise.resolve(scans.members);
    },
    ...(sockets === undefined ? {} : { sockets: () => Promise.resolve(sockets) }),
  });
  return { find: () => owner.find(), scans };
}

function foreign(pid: number): Owner {
  return { kind: 'foreign', name: `${PROGRAM} (pid ${pid})`, advice: null };
}

if (HAS_PROC) {
  for (const [host, asked] of [
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '::1'],
    ['::', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
  ] as const) {
    test(`a port on ${host} that is connected to at ${asked} is own or foreign`, async (t) => {
      const { pid, port } = await server(t, host);
      assert.deepEqual(await ownerOf(port, [pid], { host: asked }).find(), OWN);
      assert.deepEqual(await ownerOf(port, [], { host: asked }).find(), foreign(pid));
    });
  }

  test('if the leader listens, the other processes are not listed', async (t) => {
    const { pid, port } = await server(t);
    const { find, scans } = ownerOf(port, [], { leader: pid });
    assert.deepEqual(await find(), OWN);
    assert.equal(scans.full, 0);
  });

  test('a process that left the group and has no mark is own by its parents', async (t) => {
    const { port } = await server(t);
    // The test's own process is the parent of every child here.
    assert.deepEqual(await ownerOf(port, [process.pid]).find(), OWN);
  });

  test('a process that was started during the scan is own', async (t) => {
    const { pid, port } = await server(t);
    let scans = 0;
    const owner = new PortOwner({
      host: '127.0.0.1',
      port,
      leader: () => null,
      members: () => Promise.resolve(scans++ === 0 ? [] : [pid]),
    });
    assert.deepEqual(await owner.find(), OWN);
  });

  test('a port that a foreign process shares is foreign', async (t) => {
    const own = await server(t);
    const other = await server(t);
    const both = await Promise.all([own, other].map(({ port }) => listeningOn('127.0.0.1', port)));
    const shared = { sockets: both.flat() };
    assert.deepEqual(await ownerOf(own.port, [own.pid], shared).find(), foreign(other.pid));
    assert.deepEqual(await ownerOf(own.port, [own.pid, other.pid], shared).find(), OWN);
  });

  test('the first scan is a full one, later ones read a link, until the link breaks', async (t) => {
    const { pid, port, send, line } = await server(t);
    const { find, scans } = ownerOf(port, [pid]);
    for (let index = 0; index < 5; index += 1) assert.deepEqual(await find(), OWN);
    assert.equal(scans.full, 1);
    send('close');
    await line();
    // The test's own process has it now, and is none of the gateway's.
    const usurper = createServer();
    t.after(() => usurper.close());
    await new Promise<void>((resolve) => usurper.listen(port, '127.0.0.1', resolve));
    assert.deepEqual(await find(), foreign(process.pid));
  });

  test('a foreign process is remembered by a link too, until it has ended', async (t) => {
    const other = await server(t);
    const { find, scans } = ownerOf(other.port, []);
    assert.deepEqual(await find(), foreign(other.pid));
    const { full } = scans;
    assert.deepEqual(await find(), foreign(other.pid));
    assert.equal(scans.full, full);
    await other.end();
    const heir = child(t, SERVER, ['127.0.0.1', String(other.port)]);
    await heir.line();
    scans.members = [heir.pid];
    assert.deepEqual(await find(), OWN);
  });

  test('no scan is valid for ever: another process may have joined the port, or become readable', async (t) => {
    const { pid, port } = await server(t);
    const other = await server(t);
    let at = 0;
    let sockets = await listeningOn('127.0.0.1', port);
    const owner = new PortOwner({
      host: '127.0.0.1',
      port,
      leader: () => pid,
      members: () => Promise.resolve([pid]),
      sockets: () => Promise.resolve(sockets),
      clock: () => at,
    });
    assert.deepEqual(await owner.find(), OWN);
    sockets = [...sockets, ...(await listeningOn('127.0.0.1', other.port))];
    at = 299_999;
    assert.deepEqual(await owner.find(), OWN);
    at = 300_000;
    assert.deepEqual(await owner.find(), foreign(other.pid));
    const nobody = { local: '127.0.0.1', inode: '0', uid: '54321' };
    sockets = [nobody];
    at = 600_000;
    // It was the gateway's own, so an unknown owner counts as foreign.
    const name = 'another process (it belongs to user 54321)';
    const somebody: Owner = { kind: 'foreign', name, advice: null };
    assert.deepEqual(await owner.find(), somebody);
    sockets = await listeningOn('127.0.0.1', port);
    at += 999;
    assert.deepEqual(await owner.find(), somebody);
    at += 1;
    assert.deepEqual(await owner.find(), OWN);
  });

  test('scans at the same moment are one', async (t) => {
    const { pid, port } = await server(t);
    const { find, scans } = ownerOf(port, [pid]);
    assert.deepEqual(await Promise.all([find(), find(), find()]), [OWN, OWN, OWN]);
    assert.equal(scans.full, 1);
  });

  test('a socket that no visible process holds has an unknown owner', async () => {
    // No socket has the inode 0.
    const hidden = (uid: string) => ownerOf(1, [], { sockets: [{ local: '127.0.0.1', inode: '0', uid }] });
    assert.deepEqual(await hidden('54321').find(), { kind: 'unknown', reason: 'it belongs to user 54321' });
    const ours = hidden(String(process.getuid?.()));
    assert.deepEqual(await ours.find(), { kind: 'unknown', reason: 'its process cannot be read' });
    // It costs a scan of every process, so it is not repeated for every probe.
    assert.equal((await ours.find()).kind, 'unknown');
    assert.equal(ours.scans.full, 1);
  });

  test('a program that listens for a container has an unknown owner', async (t) => {
    const proxy = child(t, `process.title = 'docker-proxy';${SERVER}`, ['127.0.0.1', '0']);
    assert.deepEqual(await ownerOf(Number(await proxy.line()), []).find(), {
      kind: 'unknown',
      reason: `${PROGRAM} (pid ${proxy.pid}) listens there for a container`,
    });
  });

  test('a program is found by its parent whatever its comm is', async (t) => {
    const odd = child(t, `process.title = 'a) S (1 2 3';${SERVER}`, ['127.0.0.1', '0']);
    const port = Number(await odd.line());
    assert.deepEqual(await ownerOf(port, [process.pid]).find(), OWN);
    assert.deepEqual(await ownerOf(port, []).find(), foreign(odd.pid));
  });

  test('a port that no process here listens on has an unknown owner', async () => {
    assert.deepEqual(await ownerOf(1, [], { sockets: [] }).find(), {
      kind: 'unknown',
      reason: 'no process here listens there: a container does, or another network namespace',
    });
  });

  test('an owner that cannot be read is unknown, and is read again', async (t) => {
    const { pid, port } = await server(t);
    let broken = true;
    const owner = new PortOwner({
      host: '127.0.0.1',
      port,
      leader: () => null,
      members: () => {
        if (broken) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
        return Promise.resolve([pid]);
      },
    });
    assert.deepEqual(await owner.find(), { kind: 'unknown', reason: 'its processes cannot be read: EMFILE' });
    broken = false;
    assert.deepEqual(await owner.find(), OWN);
  });
} else {
  test('a system without /proc is reported as such', async (t) => {
    const port = await listen(t, createServer());
    assert.deepEqual(await ownerOf(port, [process.pid]).find(), {
      kind: 'unknown',
      reason: 'this system has no /proc',
    });
  });
}
