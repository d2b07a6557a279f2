import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SPOOL_LIMITS, type SpoolLimits } from '../../../../src/door/spool/store/budget.ts';
import { type Disk, nodeDisk } from '../../../../src/door/spool/store/disk.ts';
import { FolderStore } from '../../../../src/door/spool/store/folder.ts';
import { CorruptRecord } from '../../../../src/door/spool/store/record.ts';
import { SpoolRefused } from '../../../../src/door/spool/store/refused.ts';
import { failure, MemoryDisk } from '../support/memory-disk.ts';
import { NOW, request } from '../support/requests.ts';

const FOLDER = '/state/spool';
const HOW = { end: 'refused', diedAt: NOW + 1, tries: 1, lastStatus: '400' } as const;

function storeOn(disk: Disk, limits: Partial<SpoolLimits> = {}, folder = FOLDER): FolderStore {
  return new FolderStore({ folder, disk, limits: { ...SPOOL_LIMITS, ...limits }, now: () => NOW });
}

async function opened(disk: MemoryDisk, limits: Partial<SpoolLimits> = {}): Promise<FolderStore> {
  const store = storeOn(disk, limits);
  await store.open();
  return store;
}

async function kept(store: FolderStore, changes: Parameters<typeof request>[0] = {}): Promise<string> {
  const { spooled, durable } = store.put(request(changes));
  await durable;
  return spooled.id;
}

function refusedBecause(because: SpoolRefused['because']): (error: unknown) => boolean {
  return (error) => error instanceof SpoolRefused && error.because === because && error.status === 503;
}

function realFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gwproxy-spool-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool');
}

test('a stored delivery is loaded as it was from a real disk, and only its owner may read it', async (t) => {
  const folder = realFolder(t);
  const store = storeOn(nodeDisk, {}, folder);
  assert.deepEqual(await store.open(), { spooled: [], dead: [], corrupt: [] });
  const body = Buffer.from([0, 10, 255, 13, 10, 0]);
  const id = await kept(store, { body, expiresAt: NOW + 5, dedupKey: null, orderKey: null });
  for (const name of ['', 'tmp', 'new', 'dead', 'corrupt']) {
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o700, name);
  }
  assert.equal(statSync(join(folder, 'new', id)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(folder, 'tmp')), []);

  const next = storeOn(nodeDisk, {}, folder);
  const { spooled } = await next.open();
  assert.deepEqual(
    spooled.map(({ id, profile, target, expiresAt, orderKey }) => [id, profile, target, expiresAt, orderKey]),
    [[id, 'inbox', '/api/messages?a=1', NOW + 5, null]],
  );
  assert.deepEqual(
    await next.read(id),
    request({ body, expiresAt: NOW + 5, dedupKey: null, orderKey: null }),
  );
  await next.moveToDead(id, HOW);
  await next.moveToNew(id);
  await next.remove(id);
  assert.deepEqual(readdirSync(join(folder, 'new')), []);
  assert.deepEqual(readdirSync(join(folder, 'dead')), []);
});

test('deliveries are loaded in the order of arrival, even if the clock was set back', async () => {
  const disk = new MemoryDisk();
  let now = NOW;
  const at = () => new FolderStore({ folder: FOLDER, disk, limits: SPOOL_LIMITS, now: () => now });
  const store = at();
  await store.open();
  const ids = [await kept(store), await kept(store)];
  now -= 60_000;
  ids.push(await kept(store));
  const next = at();
  const found = await next.open();
  assert.deepEqual(
    found.spooled.map(({ id }) => id),
    ids,
  );
  assert.ok((await kept(next)) > (ids.at(-1) ?? ''), 'and what comes next comes after them');
});

test('a delivery is durable only once its bytes and then its name are on disk', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  disk.calls.length = 0;
  const id = await kept(store);
  assert.deepEqual(disk.calls, [
    `create tmp/${id}`,
    `write tmp/${id}`,
    `write tmp/${id}`,
    `sync tmp/${id}`,
    `close tmp/${id}`,
    `rename tmp/${id}`,
    'syncFolder spool/new',
  ]);
});

test('deliveries that arrive at once share the syncs of the folder', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  disk.calls.length = 0;
  await Promise.all(Array.from({ length: 50 }, () => kept(store)));
  const syncs = disk.calls.filter((call) => call.startsWith('syncFolder')).length;
  assert.ok(syncs <= 3, `${syncs} syncs`);
  assert.equal(disk.names(`${FOLDER}/new`).length, 50);
});

for (const call of ['create', 'write', 'sync', 'close', 'rename', 'syncFolder']) {
  for (const code of ['ENOSPC', 'EIO']) {
    test(`a disk that fails at ${call} with ${code} refuses, and keeps nothing`, async () => {
      const disk = new MemoryDisk();
      const store = await opened(disk, { count: 1 });
      disk.fault = (name) => (name === call ? failure(code) : undefined);
      await assert.rejects(kept(store), (error) => {
        assert.ok(refusedBecause('disk')(error));
        assert.match(String(error instanceof Error && error.cause), new RegExp(code));
        return true;
      });
      disk.fault = () => undefined;
      assert.deepEqual([disk.names(`${FOLDER}/tmp`), disk.names(`${FOLDER}/new`)], [[], []]);
      await kept(store, {});
    });
  }
}

test('a full spool refuses at once, by number and bytes, of one profile and of all', async () => {
  const disk = new MemoryDisk();
  const put = (store: FolderStore, profile: string) => () => store.put(request({ profile }));
  const size = (await opened(new MemoryDisk())).put(request()).spooled.bytes;
  for (const limits of [{ countPerProfile: 1 }, { bytesPerProfile: size * 2 - 1 }]) {
    const store = await opened(new MemoryDisk(), limits);
    await kept(store);
    assert.throws(put(store, 'inbox'), refusedBecause('full'));
    await kept(store, { profile: 'other' });
  }
  for (const limits of [{ count: 1 }, { bytes: size * 2 - 1 }]) {
    const store = await opened(new MemoryDisk(), limits);
    const id = await kept(store);
    assert.throws(put(store, 'other'), refusedBecause('full'));
    await store.remove(id);
    await kept(store);
  }
  const store = await opened(disk, { count: 2 });
  await kept(store);
  await store.moveToDead(await kept(store), HOW);
  assert.throws(put(await opened(disk, { count: 2 }), 'other'), refusedBecause('full'), 'the dead count too');
});

test('what died stays so, with how, until it is raised or removed', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const [id, other] = [await kept(store), await kept(store)];
  await store.moveToDead(id, HOW);
  const found = await storeOn(disk).open();
  assert.deepEqual(
    found.dead.map(({ id, end, diedAt, tries, lastStatus }) => ({ id, end, diedAt, tries, lastStatus })),
    [{ id, ...HOW }],
  );
  assert.deepEqual(
    found.spooled.map((one) => one.id),
    [other],
  );
  await store.moveToNew(id);
  assert.deepEqual(
    (await storeOn(disk).open()).spooled.map((one) => one.id),
    [id, other],
  );
  await store.moveToDead(id, HOW);
  await store.remove(id);
  assert.deepEqual(disk.names(`${FOLDER}/dead`), []);
});

test('a file that is no delivery is moved aside and returned as corrupt, and the rest is loaded', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const good = await kept(store);
  const bytes = disk.bytes(`${FOLDER}/new/${good}`);
  const bad = new Map([
    ['0000000000a', bytes.subarray(0, -1)],
    ['0000000000b', bytes.subarray(0, 40)],
    ['0000000000c', Buffer.concat([bytes.subarray(0, -1), Buffer.from('!')])],
    ['0000000000d', Buffer.alloc(0)],
    ['0000000000e', Buffer.from(bytes.toString('latin1').replace('"version":2', '"version":9'), 'latin1')],
    ['0000000000f', Buffer.from('null\n')],
    ['notes.txt', bytes],
  ]);
  for (const [name, content] of bad) disk.put(`${FOLDER}/new/${name}`, content);
  disk.put(`${FOLDER}/tmp/0000000000g`, bytes);
  disk.put(`${FOLDER}/dead/0000000000h.end`, Buffer.from('{}'));
  const found = await storeOn(disk).open();
  assert.deepEqual(
    found.spooled.map(({ id }) => id),
    [good],
  );
  assert.deepEqual(
    found.corrupt.map(({ file }) => file),
    [...bad.keys()],
  );
  assert.deepEqual(disk.names(`${FOLDER}/corrupt`), [...bad.keys()]);
  assert.deepEqual([disk.names(`${FOLDER}/tmp`), disk.names(`${FOLDER}/dead`)], [[], []]);
  assert.deepEqual((await storeOn(disk).open()).corrupt, [], 'once');
});

test('a file that cannot be read or moved is no reason not to start', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const [bad, good] = [await kept(store), await kept(store)];
  disk.fault = (call, path) =>
    (call === 'read' || call === 'rename') && path.endsWith(bad) ? failure('EIO') : undefined;
  const found = await storeOn(disk).open();
  assert.deepEqual(
    found.spooled.map(({ id }) => id),
    [good],
  );
  assert.match(found.corrupt[0]?.reason ?? '', /EIO.*cannot be moved/);
});

test('a body that changed on the disk is found out when it is to be sent, and set aside', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk, { count: 1 });
  const id = await kept(store, { body: Buffer.alloc(300 * 1024, 'a') });
  const bytes = disk.bytes(`${FOLDER}/new/${id}`);
  bytes.write('b', bytes.length - 1);
  assert.equal((await storeOn(disk).open()).spooled.length, 1, 'a long body is not read before');
  await assert.rejects(store.read(id), CorruptRecord);
  assert.deepEqual(disk.names(`${FOLDER}/corrupt`), [id]);
  const next = await kept(store);
  await disk.remove(`${FOLDER}/new/${next}`);
  await assert.rejects(store.read(next), /its file is gone/);
  await kept(store);
});
