import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { listeningOn } from '../../../src/supervisor/ports/listening.ts';
import { listen } from '../../support/sockets.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

/** One row as the kernel writes it on this machine; `address` in network order. */
function row(
  inode: number,
  address: string,
  { port = 18641, remote = 0, state = '0A', uid = 1000 } = {},
): string {
  const bytes = Buffer.from(address, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
  const local = `${bytes.toString('hex').toUpperCase()}:${hex(port)}`;
  const other = `${'0'.repeat(address.length)}:${hex(remote)}`;
  const queues = '00000000:00000000 00:00000000 00000000';
  return `   0: ${local} ${other} ${state} ${queues} ${String(uid).padStart(5)}        0 ${inode} 1 00000000b04657b9 100 0 0 10 0\n`;
}

const LOOPBACK = '7f000001';
const ANY = '00000000';
const LOOPBACK6 = '00000000000000000000000000000001';
const MAPPED = '00000000000000000000ffff7f000001';
const ANY6 = '00000000000000000000000000000000';

async function tables(t: TestContext, tcp: string, tcp6: string | null): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gwproxy-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'tcp'), HEAD + tcp);
  if (tcp6 !== null) await writeFile(join(folder, 'tcp6'), HEAD + tcp6);
  return folder;
}

async function inodes(folder: string, address: string): Promise<string[]> {
  return (await listeningOn(address, 18641, folder)).map(({ inode }) => inode);
}

test('a connection is taken by the sockets of the address and of the wildcard, by all of them', async (t) => {
  const folder = await tables(
    t,
    row(1, LOOPBACK) + row(2, ANY, { uid: 33 }) + row(3, '0a000001') + row(4, LOOPBACK, { port: 18642 }),
    row(5, LOOPBACK6) + row(6, ANY6),
  );
  assert.deepEqual(await listeningOn('127.0.0.1', 18641, folder), [
    { local: '127.0.0.1', inode: '1', uid: '1000' },
    { local: '0.0.0.0', inode: '2', uid: '33' },
  ]);
  assert.deepEqual(await inodes(folder, '::1'), ['5', '6']);
  assert.deepEqual(await inodes(folder, '10.0.0.1'), ['2', '3']);
});

test('only sockets that listen count', async (t) => {
  const folder = await tables(t, row(1, LOOPBACK, { state: '01' }) + row(2, LOOPBACK, { state: '06' }), '');
  assert.deepEqual(await inodes(folder, '127.0.0.1'), []);
});

test('rows are found by their local port, wherever in the table they stand', async (t) => {
  const port = fc.constantFrom(18641, 18642, 0x1864, 10);
  const one = fc.record({ port, remote: port, state: fc.constantFrom('0A', '01') });
  const folder = await tables(t, '', '');
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 12 }), async (sockets) => {
      const text = sockets.map((socket, index) => row(index, LOOPBACK, socket)).join('');
      await writeFile(join(folder, 'tcp'), HEAD + text);
      const expected = sockets.flatMap((socket, index) =>
        socket.port === 18641 && socket.state === '0A' ? [String(index)] : [],
      );
      assert.deepEqual(await inodes(folder, '127.0.0.1'), expected);
    }),
  );
});

test('an IPv6 socket takes IPv4 connections where no IPv4 socket does', async (t) => {
  const both = await tables(t, row(1, ANY), row(2, ANY6));
  assert.deepEqual(await inodes(both, '127.0.0.1'), ['1']);
  const one = await tables(t, '', row(2, ANY6) + row(3, MAPPED) + row(4, LOOPBACK6));
  assert.deepEqual(await inodes(one, '127.0.0.1'), ['2', '3']);
  assert.deepEqual(await inodes(one, '::ffff:127.0.0.1'), ['2', '3']);
});

test('a system without IPv6 has no table of it; one without /proc says so', async (t) => {
  const folder = await tables(t, '', null);
  assert.deepEqual(await inodes(folder, '127.0.0.1'), []);
  assert.deepEqual(await inodes(folder, '::1'), []);
  await assert.rejects(listeningOn('127.0.0.1', 18641, join(folder, 'none')), { code: 'ENOENT' });
});

test('a table of 100,000 connections is searched', async (t) => {
  const rows = row(9, '0a000002', { state: '01' }).repeat(100_000);
  const folder = await tables(t, row(1, LOOPBACK) + rows, '');
  assert.deepEqual(await inodes(folder, '127.0.0.1'), ['1']);
});

test("the system's own table has a socket that listens here", async (t) => {
  await stat('/proc/net/tcp');
  const port = await listen(t, createServer());
  const found = await listeningOn('127.0.0.1', port);
  assert.deepEqual(
    found.map(({ uid }) => uid),
    [String(process.getuid?.())],
  );
});
