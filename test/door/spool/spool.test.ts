import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpoolRefused } from '../../../src/door/spool/store/refused.ts';
import type { SpoolRequest } from '../../../src/door/spool/store/spooled-delivery.ts';
import { failure } from './support/memory-disk.ts';
import { NOW, request } from './support/requests.ts';
import { answered, type Bench, bench, FOLDER, OK } from './support/spool.ts';

const DAY = 24 * 60 * 60 * 1000;

function accept({ spool }: Bench, text: string, changes: Partial<SpoolRequest> = {}): Promise<void> {
  const { profile, ...rest } = request({ text, ...changes });
  return spool.accept(profile, rest);
}

function types({ events }: Bench): readonly string[] {
  return events.map(({ type }) => type);
}

test('spooled deliveries are sent in order once their gateway is ready', async (t) => {
  const one = bench(t);
  one.ready = false;
  await one.spool.open();
  const accepted = ['1', '2', '3'].map((text) => accept(one, text));
  assert.equal(one.spool.hasSpooled('inbox'), true, 'from the moment on at which it is asked to');
  await Promise.all(accepted);
  assert.deepEqual(one.sent, []);
  assert.deepEqual(one.asked, ['inbox /api/messages?a=1 10000'], 'the gateway is asked for once');
  one.ready = true;
  one.spool.readinessChanged();
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(one.sent, ['1', '2', '3']);
  assert.deepEqual(one.disk.names(`${FOLDER}/new`), []);
  assert.deepEqual(one.events, [{ type: 'spool.drained', profile: 'inbox', delivered: 3 }]);
  const { oldest, ...stats } = one.spool.stats('inbox');
  assert.deepEqual([stats, oldest], [{ queued: 0, dead: 0, lost: 0, delivered: 3 }, null]);
});

test('it is accepted only when it is on the disk, and delivered as it was', async (t) => {
  const one = bench(t);
  await one.spool.open();
  let got: SpoolRequest | undefined;
  one.answer = (sent) => {
    got = sent;
    return OK;
  };
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { syncFolder } = one.disk;
  one.disk.syncFolder = async (path) => {
    await gate;
    return syncFolder.call(one.disk, path);
  };
  let accepted = false;
  const accepting = accept(one, 'hello').then(() => {
    accepted = true;
  });
  await one.until(() => one.disk.names(`${FOLDER}/new`).length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([accepted, one.sent], [false, []]);
  release();
  await accepting;
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(got, request({ text: 'hello' }));
});

test('a failing disk refuses the delivery and is reported once a minute; the spool goes on', async (t) => {
  const one = bench(t, { limits: { count: 1 } });
  await one.spool.open();
  one.disk.fault = (call) => (call === 'sync' ? failure('ENOSPC') : undefined);
  for (let count = 0; count < 3; count += 1) await assert.rejects(accept(one, 'x'), SpoolRefused);
  assert.equal(one.spool.hasSpooled('inbox'), false);
  one.now += 60_000;
  await assert.rejects(accept(one, 'x'), SpoolRefused);
  assert.deepEqual(one.events, [
    { type: 'spool.failed', profile: 'inbox', action: 'keep', reason: 'ENOSPC: of the test', count: 1 },
    { type: 'spool.failed', profile: 'inbox', action: 'keep', reason: 'ENOSPC: of the test', count: 3 },
  ]);
  assert.equal(one.spool.storeFailure, 'ENOSPC: of the test');
  one.disk.fault = () => undefined;
  one.ready = false;
  await accept(one, 'y');
  assert.equal(one.spool.storeFailure, null);
  await assert.rejects(accept(one, 'z'), SpoolRefused);
  assert.deepEqual(one.events.at(-1), { type: 'spool.full', profile: 'inbox', refused: 1 });
  assert.equal(one.spool.hasSpooled('inbox'), true);
});

test('one that fails blocks its own order key alone, and dies in the end', async (t) => {
  const one = bench(t, { rules: { tries: 3 } });
  one.ready = false;
  await one.spool.open();
  await accept(one, 'bad');
  await accept(one, 'behind');
  await accept(one, 'other', { orderKey: 'a:2' });
  one.answer = ({ body }) => answered(body.toString() === 'bad' ? 503 : 200);
  one.ready = true;
  one.spool.readinessChanged();
  await one.until(() => {
    one.now += 5;
    return !one.spool.hasSpooled('inbox');
  });
  assert.deepEqual(
    one.sent.filter((text) => text !== 'other'),
    ['bad', 'bad', 'bad', 'behind'],
  );
  assert.ok(one.sent.indexOf('other') < 3);
  assert.deepEqual(types(one), ['spool.dead', 'spool.drained']);
  const [dead, ...others] = one.spool.list();
  assert.deepEqual(others, []);
  assert.deepEqual([dead?.state, dead?.reason, dead?.tries, dead?.lastStatus], ['dead', 'tries', 3, '503']);
  assert.equal(one.spool.stats('inbox').dead, 1);
  assert.deepEqual(
    Object.keys(dead ?? {}).filter((key) => /head|body|target/.test(key)),
    [],
  );
});

test('what the gateway does not want, and what waited too long, is lost, and loudly', async (t) => {
  const one = bench(t);
  await one.spool.open();
  one.answer = () => answered(401);
  await accept(one, 'unwanted');
  await one.until(() => !one.spool.hasSpooled('inbox'));
  one.ready = false;
  await accept(one, 'old', { expiresAt: NOW + 100 });
  one.now += 100;
  one.spool.readinessChanged();
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(
    one.events.map((event) => event.type === 'spool.lost' && [event.reason, event.lastStatus]),
    [
      ['refused', '401'],
      ['expired', null],
    ],
  );
  assert.deepEqual([one.spool.stats('inbox').lost, one.spool.stats('inbox').dead], [2, 2]);
  assert.deepEqual(one.sent, ['unwanted']);
});

test('dead letters survive a restart, and are sent or dropped by the operator', async (t) => {
  const one = bench(t);
  await one.spool.open();
  one.answer = () => answered(400);
  for (const text of ['1', '2', '3']) await accept(one, text);
  await one.until(() => !one.spool.hasSpooled('inbox'));

  const two = bench(t, { disk: one.disk });
  await two.spool.open();
  const [first, second] = two.spool.list().map(({ id }) => id);
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(await two.spool.retry({ ids: [first] }), 1);
  await two.until(() => !two.spool.hasSpooled('inbox'));
  assert.deepEqual(two.sent, ['1']);
  assert.equal(await two.spool.drop({ ids: [second, 'unknown'] }), 1);
  assert.equal(await two.spool.retry({ profile: 'other' }), 0);
  assert.equal(await two.spool.retry({ all: true }), 1);
  await two.until(() => !two.spool.hasSpooled('inbox'));
  assert.deepEqual(two.sent, ['1', '3']);
  assert.deepEqual([two.disk.names(`${FOLDER}/new`), two.disk.names(`${FOLDER}/dead`)], [[], []]);
});

test('dead letters are removed after their time', async (t) => {
  const one = bench(t);
  await one.spool.open();
  one.answer = () => answered(400);
  await accept(one, 'x');
  await one.until(() => one.spool.list().length === 1 && !one.spool.hasSpooled('inbox'));
  one.now += 7 * DAY - 1;
  one.spool.readinessChanged();
  assert.equal(one.spool.list().length, 1);
  one.now += 1;
  one.spool.readinessChanged();
  await one.until(() => one.disk.names(`${FOLDER}/dead`).length === 0);
  assert.equal(one.spool.list().length, 0);
});

test('what waits can be dropped; what is on its way cannot', async (t) => {
  const one = bench(t);
  await one.spool.open();
  let finish = (_outcome: typeof OK): void => {};
  one.answer = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  await accept(one, 'flying');
  await accept(one, 'waiting');
  await one.until(() => one.sent.length === 1);
  assert.deepEqual(
    one.spool.list().map(({ state }) => state),
    ['delivering', 'queued'],
  );
  assert.equal(await one.spool.drop({ all: true }), 1);
  finish(OK);
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(one.sent, ['flying']);
});

test('a delivery of a removed profile is kept and listed', async (t) => {
  const one = bench(t);
  one.ready = false;
  await one.spool.open();
  await accept(one, 'x', { profile: 'gone' });
  const two = bench(t, { disk: one.disk });
  two.ready = false;
  await two.spool.open();
  assert.deepEqual(
    two.spool.list().map(({ profile, state }) => [profile, state]),
    [['gone', 'queued']],
  );
  assert.equal(two.spool.hasSpooled('gone'), true);
});

test('a gateway is asked for again until it is ready, and not once nothing waits', async (t) => {
  const one = bench(t);
  one.ready = false;
  await one.spool.open();
  await accept(one, 'x');
  one.now += 9999;
  one.spool.readinessChanged();
  assert.equal(one.asked.length, 1);
  one.now += 1;
  one.spool.readinessChanged();
  assert.equal(one.asked.length, 2);
  assert.equal(await one.spool.drop({ all: true }), 1);
  one.now += 60_000;
  one.spool.readinessChanged();
  assert.equal(one.asked.length, 2);
});

test('a close lets what is on its way end, and keeps the rest', async (t) => {
  const one = bench(t);
  await one.spool.open();
  let finish = (_outcome: typeof OK): void => {};
  one.answer = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  await accept(one, '1');
  await accept(one, '2');
  await one.until(() => one.sent.length === 1);
  const closed = one.spool.close(60_000);
  await assert.rejects(accept(one, '3'), SpoolRefused);
  finish(OK);
  await closed;
  assert.deepEqual(one.sent, ['1']);
  const two = bench(t, { disk: one.disk });
  await two.spool.open();
  await two.until(() => !two.spool.hasSpooled('inbox'));
  assert.deepEqual(two.sent, ['2']);
});

test('what a close breaks off stays spooled', async (t) => {
  const one = bench(t);
  await one.spool.open();
  one.answer = (_request, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  await accept(one, '1');
  await one.until(() => one.sent.length === 1);
  await one.spool.close(0);
  assert.deepEqual(
    one.spool.list().map(({ state, tries }) => [state, tries]),
    [['queued', 0]],
  );
  assert.equal(one.disk.names(`${FOLDER}/new`).length, 1);
});

test('a corrupt file is reported and counted as lost, and does not block the deliveries behind it', async (t) => {
  const one = bench(t);
  one.ready = false;
  await one.spool.open();
  await accept(one, 'rotten');
  await accept(one, 'good');
  const [file] = one.disk.names(`${FOLDER}/new`);
  one.disk.bytes(`${FOLDER}/new/${file}`).write('R', one.disk.bytes(`${FOLDER}/new/${file}`).length - 6);
  one.ready = true;
  one.spool.readinessChanged();
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(one.sent, ['good']);
  assert.deepEqual(types(one), ['spool.corrupt', 'spool.drained']);
  assert.equal(one.spool.stats('inbox').lost, 1);
  assert.deepEqual(
    one.spool.unreadable().map((found) => found.file),
    [file],
  );
});

test('what cannot be read is reported at the start, and retried or dropped by the operator', async (t) => {
  const first = bench(t);
  first.ready = false;
  await first.spool.open();
  await accept(first, 'newer');
  await accept(first, 'readable soon');
  const [newer = '', soon = ''] = first.disk.names(`${FOLDER}/new`);
  const bytes = first.disk.bytes(`${FOLDER}/new/${newer}`).toString('latin1');
  first.disk.put(
    `${FOLDER}/new/${newer}`,
    Buffer.from(bytes.replace('"version":2', '"version":3'), 'latin1'),
  );
  first.disk.fault = (call, path) => (call === 'read' && path.endsWith(soon) ? failure('EACCES') : undefined);

  const one = bench(t, { disk: first.disk });
  await one.spool.open();
  assert.deepEqual(one.events, [
    {
      type: 'spool.unreadable',
      count: 2,
      newer: 1,
      file: `${FOLDER}/new/${newer}`,
      reason: 'its format is 3, and this gwproxy reads formats up to 2',
    },
  ]);
  assert.deepEqual([one.spool.unreadable().length, one.spool.list()], [2, []]);
  assert.equal(await one.spool.retry({ all: true }), 0);
  one.disk.fault = () => undefined;
  assert.equal(await one.spool.retry({ ids: [soon] }), 1);
  await one.until(() => !one.spool.hasSpooled('inbox'));
  assert.deepEqual(one.sent, ['readable soon']);
  one.disk.fault = (call) => (call === 'remove' ? failure('EROFS') : undefined);
  assert.equal(await one.spool.drop({ profile: 'inbox' }), 0, 'a disk that fails drops nothing');
  assert.deepEqual(one.events.at(-1)?.type, 'spool.failed');
  one.disk.fault = () => undefined;
  assert.equal(await one.spool.drop({ profile: 'inbox' }), 1);
  assert.deepEqual([one.spool.unreadable(), one.disk.names(`${FOLDER}/new`)], [[], []]);
});

test('a disk that cannot remove or read does not stop the rest', async (t) => {
  const one = bench(t);
  await one.spool.open();
  let reads = 0;
  one.disk.fault = (call) => {
    if (call === 'remove') return failure('EROFS');
    if (call === 'read') reads += 1;
    return call === 'read' && reads === 1 ? failure('EIO') : undefined;
  };
  await accept(one, '1');
  await accept(one, '2');
  await one.until(() => {
    one.now += 5;
    return !one.spool.hasSpooled('inbox');
  });
  assert.deepEqual(one.sent, ['1', '2']);
  assert.deepEqual(
    one.events.flatMap((event) => (event.type === 'spool.failed' ? [event.action] : [])),
    ['read', 'remove'],
  );
});
