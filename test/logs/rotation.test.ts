import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { outputLine } from '../../src/logs/log-line.ts';
import { temporaryFolder } from '../support/sockets.ts';
import { logTo, namesOf, POLICY, wholeLog } from './support.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

test('a file is rotated by its size and compressed, and no line is lost', async (t) => {
  const folder = await temporaryFolder(t);
  const { files, say, events } = logTo(t, folder, { size: 10_000 });
  for (let count = 0; count < 50; count += 1) {
    for (let line = 0; line < 20; line += 1) say(`${count * 20 + line} ${'x'.repeat(60)}`);
    await files.idle();
  }
  const names = await namesOf(folder);
  assert.ok(names.length >= 10, `${names.length} files`);
  assert.ok(names.slice(0, -1).every((name) => /^bot\.log\.\d{8}T\d{9}Z\.gz$/.test(name)));
  assert.deepEqual(
    (await wholeLog(folder)).map((line) => Number(line.split(' ')[0])),
    Array.from({ length: 1000 }, (_, at) => at),
  );
  assert.ok((await stat(join(folder, 'bot.log'))).size <= 10_000);
  assert.deepEqual(events, []);
});

test('all files of a profile together stay below what is kept; the oldest go', async (t) => {
  const folder = await temporaryFolder(t);
  const keep = 30_000;
  const { files, say } = logTo(t, folder, { size: 10_000, keep });
  let last = 0;
  for (let count = 0; count < 60; count += 1) {
    for (let line = 0; line < 40; line += 1) {
      last += 1;
      // Random, so that it does not shrink to nothing when it is compressed.
      say(`${last} ${Math.random().toString(36)}${Math.random().toString(36)}`);
    }
    await files.idle();
    const sizes = await Promise.all((await namesOf(folder)).map((name) => stat(join(folder, name))));
    const total = sizes.reduce((sum, { size }) => sum + size, 0);
    assert.ok(total <= keep, `${total} bytes`);
  }
  const kept = (await wholeLog(folder)).map((line) => Number(line.split(' ')[0]));
  assert.equal(kept.at(-1), last);
  assert.ok(kept.length > 300 && kept.length < last);
  assert.deepEqual(
    kept,
    kept.map((_, at) => (kept[0] ?? 0) + at),
  );
});

test('a file is rotated by its age, which a restart does not begin anew', async (t) => {
  const folder = await temporaryFolder(t);
  let now = NOON;
  const first = logTo(t, folder, { age: 3_600_000 }, { now: () => now });
  first.say('noon');
  await first.files.close();
  now += 1_800_000;
  const second = logTo(t, folder, { age: 3_600_000 }, { now: () => now });
  second.say('half past');
  await second.files.idle();
  assert.deepEqual(await namesOf(folder), ['bot.log']);
  now += 1_800_000;
  second.say('one');
  await second.files.idle();
  assert.deepEqual(await namesOf(folder), ['bot.log.20260101T130000000Z.gz', 'bot.log']);
  assert.deepEqual(await wholeLog(folder), ['noon', 'half past', 'one']);
});

test('rotated files keep their order when the clock was set back', async (t) => {
  const folder = await temporaryFolder(t);
  let now = NOON;
  const { files, say } = logTo(t, folder, { size: 100 }, { now: () => now });
  for (let count = 0; count < 5; count += 1) {
    say(`${count} ${'x'.repeat(60)}`);
    await files.idle();
    now -= 60_000;
  }
  assert.deepEqual(
    (await wholeLog(folder)).map((line) => line[0]),
    ['0', '1', '2', '3', '4'],
  );
});

test('files and folder are the owner’s alone; a file that is there keeps its mode, its rotated self too', async (t) => {
  const folder = join(await temporaryFolder(t), 'state', 'logs');
  const { files, say } = logTo(t, folder, { size: 100 });
  say('x');
  await files.idle();
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  for (const name of await readdir(folder))
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  await chmod(join(folder, 'bot.log'), 0o640);
  say('y'.repeat(90));
  await files.idle();
  const [rotated = ''] = await namesOf(folder);
  assert.equal((await stat(join(folder, rotated))).mode & 0o777, 0o640);
});

test('the next start finishes a rotation that was interrupted', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await writeFile(at('bot.log.20260101T100000000Z'), outputLine(NOON, 'stdout', 'first'));
  await writeFile(at('bot.log.20260101T100000000Z.gz.part'), 'half a gz');
  await writeFile(at('bot.log.20260101T090000000Z.gz.part'), 'of one that was deleted');
  // Compressed, and not deleted yet.
  const second = outputLine(NOON, 'stdout', 'second');
  await writeFile(at('bot.log.20260101T110000000Z'), second);
  await writeFile(at('bot.log.20260101T110000000Z.gz'), gzipSync(second));
  await writeFile(at('bot.log.1'), 'another program’s');
  const { files, say } = logTo(t, folder);
  say('third');
  await files.idle();
  assert.deepEqual((await readdir(folder)).sort(), [
    'bot.log',
    'bot.log.1',
    'bot.log.20260101T100000000Z.gz',
    'bot.log.20260101T110000000Z.gz',
    'files.json',
  ]);
  await rm(at('bot.log.1'));
  assert.deepEqual(await wholeLog(folder), ['first', 'second', 'third']);
});

test('a restart appends to the file, even after a line that a crash has cut', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(
    join(folder, 'bot.log'),
    `${outputLine(NOON, 'stdout', 'whole')}2026-01-01T12:00:00.000Z out cut`,
  );
  const { files, say } = logTo(t, folder);
  say('new');
  await files.idle();
  assert.deepEqual(await wholeLog(folder), ['whole', 'cut', 'new']);
});

for (const [what, take] of [
  ['moved away', (file: string) => rename(file, `${file}.old`)],
  ['deleted', (file: string) => rm(file)],
  ['deleted with its folder', (file: string) => rm(join(file, '..'), { recursive: true })],
] as const) {
  test(`a file that was ${what} is made anew`, async (t) => {
    const folder = join(await temporaryFolder(t), 'logs');
    let now = NOON;
    const { files, say, events } = logTo(t, folder, {}, { now: () => now });
    say('before');
    await files.idle();
    await take(join(folder, 'bot.log'));
    now += 1000;
    say('after');
    await files.idle();
    assert.match(await readFile(join(folder, 'bot.log'), 'utf8'), /^\S+ out after\n$/);
    assert.deepEqual(events, []);
  });
}

test('a file that was cut short is rotated by what it holds now', async (t) => {
  const folder = await temporaryFolder(t);
  let now = NOON;
  const { files, say } = logTo(t, folder, { size: 1000 }, { now: () => now });
  say('x'.repeat(900));
  await files.idle();
  await truncate(join(folder, 'bot.log'), 0);
  now += 1000;
  say('y'.repeat(900));
  await files.idle();
  assert.deepEqual(await namesOf(folder), ['bot.log']);
});

test('a changed config moves files, and the old ones are let go', async (t) => {
  const folder = await temporaryFolder(t);
  const elsewhere = join(folder, 'elsewhere');
  const { files, say } = logTo(t, folder);
  say('old');
  const policy = { folder: elsewhere, size: 1000, age: 1000, keep: 10_000 };
  files.apply(policy, [
    { name: 'bot', logFile: null },
    { name: 'other', logFile: join(folder, 'special') },
  ]);
  say('new');
  say('special', 'other');
  files.report({ type: 'app.stopped' });
  await files.idle();
  assert.deepEqual(await wholeLog(folder), ['old']);
  assert.deepEqual(await wholeLog(elsewhere), ['new']);
  assert.equal((await stat(elsewhere)).mode & 0o777, 0o700);
  assert.deepEqual(await wholeLog(folder, 'special'), ['special']);
  assert.equal(files.fileOf('other'), join(folder, 'special'));
  assert.equal(files.fileOf('nobody'), undefined);
  const [line = ''] = (await readFile(join(elsewhere, 'gwproxy.log'), 'utf8')).split('\n');
  const { level, type, msg } = JSON.parse(line);
  assert.deepEqual({ level, type, msg }, { level: 30, type: 'app.stopped', msg: 'gwproxy has stopped' });
});

test('the last output of a profile that was removed from the config goes to its own file', async (t) => {
  const folder = await temporaryFolder(t);
  const { files, say } = logTo(t, folder);
  files.apply(POLICY, [{ name: 'bot', logFile: join(folder, 'special') }]);
  say('before');
  files.apply(POLICY, []);
  say('as it ends');
  await files.idle();
  assert.deepEqual(await wholeLog(folder, 'special'), ['before', 'as it ends']);
  assert.deepEqual(await namesOf(folder), []);
  assert.equal(files.fileOf('bot'), undefined);
});
