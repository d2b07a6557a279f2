import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  chown,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDevicePath, logTarget } from '../../src/logs/log-target.ts';
import { temporaryFolder } from '../support/sockets.ts';
import { logTo, namesOf, wholeLog } from './support.ts';

/** A folder `here` with the log file, and a folder `there`. */
async function folders(t: TestContext) {
  const folder = await realpath(await temporaryFolder(t));
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  await mkdir(here);
  await mkdir(there);
  return { here, there, log: join(here, 'bot.log') };
}

/** Writes ten lines of which each fills a file. */
async function sayTen(t: TestContext, folder: string) {
  const { files, say, events } = logTo(t, folder, { size: 100 });
  for (let count = 0; count < 10; count += 1) say(`${count} ${'x'.repeat(100)}`);
  await files.idle();
  return { events, files, say };
}

test('what a link leads to is rotated in its own folder, and the links stay', async (t) => {
  const { here, there, log } = await folders(t);
  await symlink('../there/second.log', log);
  await symlink('real.log', join(there, 'second.log'));
  const { events } = await sayTen(t, here);
  assert.deepEqual(events, []);
  assert.deepEqual(await namesOf(here, 'bot.log'), ['bot.log']);
  assert.deepEqual(
    [await readlink(log), await readlink(join(there, 'second.log'))],
    ['../there/second.log', 'real.log'],
  );
  assert.equal((await namesOf(there, 'real.log')).length, 10);
  assert.equal((await wholeLog(there, 'real.log')).length, 10);
});

test('a link that leads elsewhere from now on is followed there', async (t) => {
  const { here, there, log } = await folders(t);
  await symlink(join(there, 'one.log'), log);
  const { files, say } = await sayTen(t, here);
  await rm(log);
  await symlink(join(there, 'two.log'), log);
  const since = performance.now();
  do {
    say('elsewhere');
    await files.idle();
    assert.ok(performance.now() - since < 30_000, 'the link is not followed');
  } while (!existsSync(join(there, 'two.log')));
  assert.match(await readFile(join(there, 'two.log'), 'utf8'), /^\S+ out elsewhere\n$/);
  assert.equal((await namesOf(there, 'two.log')).length, 1);
});

test('a file that is open as a descriptor is written to as it is, also where a link leads to it', async (t) => {
  const { here, there, log } = await folders(t);
  const stdout = join(there, 'stdout.txt');
  const handle = await open(stdout, 'a');
  t.after(() => handle.close());
  await symlink(`/dev/fd/${handle.fd}`, log);
  const { events } = await sayTen(t, here);
  assert.deepEqual(events, []);
  assert.deepEqual(
    [await namesOf(here, 'bot.log'), await namesOf(there, 'stdout.txt')],
    [['bot.log'], ['stdout.txt']],
  );
  assert.ok((await lstat(log)).isSymbolicLink());
  assert.equal((await readFile(stdout, 'utf8')).split('\n').length, 11);
});

test('a hard link keeps what it names when the file is rotated', async (t) => {
  const { here, there, log } = await folders(t);
  await writeFile(log, 'before\n');
  await link(log, join(there, 'other'));
  await sayTen(t, here);
  assert.equal(await readFile(join(there, 'other'), 'utf8'), 'before\n');
});

test('links in a circle are no log file', async (t) => {
  const { here, there, log } = await folders(t);
  await symlink(log, join(there, 'back'));
  await symlink(join(there, 'back'), log);
  await assert.rejects(logTarget(log), /cycle/);
  const { events } = await sayTen(t, here);
  assert.deepEqual(
    events.map((event) => [event.type, 'reason' in event && event.reason]),
    [['log.failed', 'its symbolic links form a cycle']],
  );
});

test('a link of another user is followed only to that user’s own file', async (t) => {
  const { there, log } = await folders(t);
  const target = join(there, 'real.log');
  await symlink(target, log);
  const isRoot = process.getuid?.() === 0;
  // For root the link is given away; for anyone else gwproxy is another user.
  if (isRoot) await lchown(log, 65_534, 65_534);
  const { uid } = await lstat(log);
  const gwproxy = isRoot ? 0 : uid + 1;
  await assert.rejects(
    logTarget(log, gwproxy),
    /is a symbolic link of another user \(uid \d+\); name the file itself$/,
  );
  await writeFile(target, '');
  await chown(target, uid, process.getgid?.() ?? 0);
  assert.deepEqual(await logTarget(log, gwproxy), { path: target, rotatable: true });
  assert.deepEqual(await logTarget(log, uid), { path: target, rotatable: true });
});

test('devices and open files are known by their folders', () => {
  for (const path of ['/dev/null', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', '/dev'])
    assert.ok(isDevicePath(path), path);
  for (const path of ['/dev/shm/bot.log', '/devices/bot.log', '/var/log/dev/bot.log', '/process.log'])
    assert.ok(!isDevicePath(path), path);
});
