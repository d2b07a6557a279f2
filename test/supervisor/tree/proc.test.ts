import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRecord, parseRecord } from '../../../src/supervisor/run/run-record.ts';
import { markIn, markOf, profileIn } from '../../../src/supervisor/tree/mark.ts';
import { isLiving, parseStat, readPids, readStat } from '../../../src/supervisor/tree/proc.ts';
import { readProcBytes } from '../../../src/supervisor/tree/proc-bytes.ts';
import { temporaryFolder } from '../../support/sockets.ts';

function statOf(comm: string, state: string, flags: number, started: number): string {
  return `42 (${comm}) ${state} 7 41 40 0 -1 ${flags} 0 0 0 0 0 0 0 0 20 0 11 0 ${started} 1 2 3\n`;
}

test('a stat is read whatever the process is named', () => {
  const name = fc.string({ maxLength: 15 });
  const odd = fc.constantFrom(') S 1 1 1', '((', 'a b', 'x\ny) R 1 2 3');
  fc.assert(
    fc.property(fc.oneof(name, odd), fc.nat(), (comm, started) => {
      assert.deepEqual(parseStat(statOf(comm, 'S', 0x400000, started)), {
        pid: 42,
        started,
        parent: 7,
        group: 41,
        session: 40,
        living: true,
        kernel: false,
      });
    }),
  );
});

test('zombies do not count as living, kernel threads are recognized, and other text is no stat', () => {
  assert.equal(parseStat(statOf('a', 'Z', 0, 1))?.living, false);
  assert.equal(parseStat(statOf('a', 'X', 0, 1))?.living, false);
  assert.equal(parseStat(statOf('kworker/0:1', 'I', 0x4208060 | 0x200000, 1))?.kernel, true);
  fc.assert(fc.property(fc.string(), (text) => parseStat(text) === null));
});

test('a process is identified by its pid and its start', () => {
  const own = readStat(process.pid);
  assert.ok(own);
  assert.ok(readPids().includes(process.pid));
  assert.equal(isLiving(own), true);
  assert.equal(isLiving({ pid: own.pid, started: own.started - 1 }), false);
  assert.equal(readStat(2 ** 30), null);
});

test('a mark is a complete entry of the environment, wherever it stands', () => {
  const value = fc.string().filter((text) => !text.includes('\0'));
  const other = value.map((text) => `NOTE=GWPROXY_GATEWAY=${text}`);
  fc.assert(
    fc.property(fc.array(other), value, fc.array(other), (before, mark, after) => {
      const environ = [...before, `GWPROXY_GATEWAY=${mark}`, ...after].map((entry) => `${entry}\0`).join('');
      const wellFormed = Buffer.from(mark, 'utf8').toString('utf8');
      assert.equal(markIn(Buffer.from(environ)), wellFormed);
      assert.equal(markIn(Buffer.from(before.map((entry) => `${entry}\0`).join(''))), null);
    }),
  );
  assert.equal(markIn(Buffer.from('')), null);
  assert.equal(markIn(Buffer.from('GWPROXY_GATEWAY=cut')), 'cut');
  assert.equal(profileIn(markOf('0123456789abcdef', 'inbox-triage', 7, 'proof')), 'inbox-triage');
});

test('a record is read as it was written, and any other text is refused', () => {
  const record = {
    run: '0123456789abcdef',
    boot: 'a-boot',
    pid: 4710,
    started: 17,
    leaders: [{ profile: 'alpha', pid: 4711, started: 99 }],
  };
  assert.deepEqual(parseRecord(formatRecord(record)), record);
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.throws(() => parseRecord(JSON.stringify(value)))));
  // kill(2): 0, -1 and 1 are not single processes of ours.
  for (const pid of [1, 0, -1, -4711, 1.5, '4711', null]) {
    const bad = JSON.stringify({ version: 1, ...record, leaders: [{ profile: 'alpha', pid, started: 1 }] });
    assert.throws(() => parseRecord(bad), { message: 'it is not a record of a run' });
  }
});

test('files of /proc are read completely, however long, and reads at the same time do not mix', async (t) => {
  const folder = await temporaryFolder(t);
  const sizes = [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 1_000_003];
  const files = sizes.map((size) => ({ path: join(folder, String(size)), bytes: randomBytes(size) }));
  for (const { path, bytes } of files) await writeFile(path, bytes);
  // More at once than the pool has buffers, and then again into used buffers.
  for (let round = 0; round < 3; round += 1) {
    const read = await Promise.all(
      files.map(({ path }) => readProcBytes(path, (bytes) => Buffer.from(bytes))),
    );
    for (const [index, bytes] of read.entries())
      assert.ok(files[index]?.bytes.equals(bytes), `${sizes[index]}`);
  }
  await assert.rejects(readProcBytes(join(folder, 'none'), String), { code: 'ENOENT' });
  await assert.rejects(readProcBytes(folder, String), { code: 'EISDIR' });
});
