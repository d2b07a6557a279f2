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

function ids(found: readonly ({ readonly id: string } | { readonly file: string })[]): readonly string[] {
  return found.map((one) => ('id' in one ? one.id : one.file));
}

/** A file's bytes with another text in its first line. */
function changed(bytes: Buffer, text: string, by: string): Buffer {
  const before = bytes.toString('latin1');
  assert.ok(before.includes(text));
  return Buffer.from(before.replace(text, by), 'latin1');
}

function realFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gwproxy-spool-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool');
}

test('a stored delivery is loaded as it was from a real disk, and only its owner may read it', async (t) => {
  const folder = realFolder(t);
  const store = storeOn(nodeDisk, {}, folder);
  assert.deepEqual(await store.open(), { spooled: [], dead: [], corrupt: [], unreadable: [] });
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
    ['0000000000e', changed(bytes, '"version":2', '"version":"2"')],
    ['0000000000f', Buffer.from('null\n')],
    ['notes.txt', bytes],
    ['screenshots', bytes],
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
  const again = await storeOn(disk).open();
  assert.deepEqual(again.corrupt, [], 'once');
  assert.deepEqual(
    again.unreadable.map(({ file, place, because }) => [file, place, because]),
    [...bad.keys()].map((file) => [file, 'corrupt', 'damaged']),
    'and listed as long as they are there',
  );
});

test('a file that the disk does not give is left where it is, and read again when the operator asks', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk, { count: 2 });
  const [bad, good] = [await kept(store), await kept(store)];
  disk.fault = (call, path) => (call === 'read' && path.endsWith(bad) ? failure('EIO') : undefined);
  const next = storeOn(disk, { count: 2 });
  const found = await next.open();
  assert.deepEqual([ids(found.spooled), found.corrupt], [[good], []]);
  assert.deepEqual(
    next.unreadable().map(({ file, place, because, bytes }) => [file, place, because, bytes]),
    [[bad, 'new', 'disk', null]],
  );
  assert.deepEqual(disk.names(`${FOLDER}/new`), [bad, good]);
  assert.throws(() => next.put(request()), refusedBecause('full'), 'it takes room');
  assert.equal(await next.recover(bad), null);
  assert.equal(next.unreadable().length, 1, 'and stays listed');
  disk.fault = () => undefined;
  assert.equal((await next.recover(bad))?.id, bad);
  assert.deepEqual([next.unreadable(), (await next.read(bad)).profile], [[], 'inbox']);
});

test('a damaged file that cannot be moved is no reason not to start', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const good = await kept(store);
  disk.put(`${FOLDER}/new/0000000000a`, Buffer.from('torn'));
  disk.fault = (call) => (call === 'rename' ? failure('EROFS') : undefined);
  const found = await storeOn(disk).open();
  assert.deepEqual(ids(found.spooled), [good]);
  assert.match(found.corrupt[0]?.reason ?? '', /does not end; and it cannot be moved: EROFS/);
  assert.equal(found.unreadable[0]?.place, 'new');
});

test('a delivery that an older gwproxy spooled is read, also from where one of another version set it aside', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const id = await kept(store);
  const dead = await kept(store);
  await store.moveToDead(dead, HOW);
  const current = disk.bytes(`${FOLDER}/new/${id}`);
  const old = changed(
    changed(current, '"version":2', '"version":1'),
    '"publicTarget":"/api/messages?a=1",',
    '',
  );
  disk.put(`${FOLDER}/new/${id}`, old);
  disk.put(`${FOLDER}/corrupt/0000000000b`, old);
  disk.put(`${FOLDER}/corrupt/${dead}`, old);
  disk.put(`${FOLDER}/dead/${dead}`, old);
  const next = storeOn(disk);
  const found = await next.open();
  assert.deepEqual(ids(found.spooled), ['0000000000b', id]);
  assert.deepEqual(ids(found.dead), [dead]);
  assert.deepEqual([found.dead[0]?.end, found.corrupt, found.unreadable], ['refused', [], []]);
  assert.deepEqual(await next.read(id), request());
  assert.deepEqual(disk.names(`${FOLDER}/corrupt`), [dead], 'none is read twice');
});

test('a delivery that a newer gwproxy spooled is left untouched for it, and keeps its id', async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const [format, sender, dead] = [await kept(store), await kept(store), await kept(store)];
  await store.moveToDead(dead, HOW);
  disk.put(
    `${FOLDER}/new/${format}`,
    changed(disk.bytes(`${FOLDER}/new/${format}`), '"version":2', '"version":3'),
  );
  disk.put(
    `${FOLDER}/new/${sender}`,
    changed(disk.bytes(`${FOLDER}/new/${sender}`), 'bot-framework', 'pigeon'),
  );
  disk.put(
    `${FOLDER}/dead/${dead}`,
    changed(disk.bytes(`${FOLDER}/dead/${dead}`), '"version":2', '"version":3'),
  );
  const before = [disk.names(`${FOLDER}/new`), disk.names(`${FOLDER}/dead`)];
  const next = new FolderStore({ folder: FOLDER, disk, limits: SPOOL_LIMITS, now: () => 0 });
  const found = await next.open();
  assert.deepEqual([found.spooled, found.dead, found.corrupt], [[], [], []]);
  assert.deepEqual(
    next
      .unreadable()
      .map(({ file, place, because, profile, reason }) => [file, place, because, profile, reason]),
    [
      [format, 'new', 'newer', 'inbox', 'its format is 3, and this gwproxy reads formats up to 2'],
      [sender, 'new', 'newer', 'inbox', 'its sender is "pigeon", which this gwproxy does not know'],
      [dead, 'dead', 'newer', 'inbox', 'its format is 3, and this gwproxy reads formats up to 2'],
    ],
  );
  assert.deepEqual([disk.names(`${FOLDER}/new`), disk.names(`${FOLDER}/dead`)], before);
  assert.ok((await kept(next)) > dead, 'a clock that was set back gives no id again');
  await next.removeUnreadable(dead);
  assert.deepEqual(ids(next.unreadable()), [format, sender]);
  assert.deepEqual((await storeOn(disk).open()).dead, []);
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
  assert.deepEqual(
    store.unreadable().map(({ file, because, profile }) => [file, because, profile]),
    [[id, 'damaged', 'inbox']],
  );
  assert.throws(() => store.put(request()), refusedBecause('full'), 'it takes room until it is dropped');
  await store.removeUnreadable(id);
  assert.deepEqual([store.unreadable(), disk.names(`${FOLDER}/corrupt`)], [[], []]);
  const next = await kept(store);
  await disk.remove(`${FOLDER}/new/${next}`);
  await assert.rejects(store.read(next), /its file is gone/);
  await kept(store);
});
