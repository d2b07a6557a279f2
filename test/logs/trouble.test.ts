import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/sockets.ts';
import { type Logging, logTo, namesOf, wholeLog } from './support.ts';

const SOON = { retryAfter: 20 };

test('a full disk is reported once, lost lines are counted, and its end is reported', async (t) => {
  const folder = await temporaryFolder(t);
  await symlink('/dev/full', join(folder, 'bot.log'));
  const { files, say, events, next } = logTo(t, folder, {}, SOON);
  const failed = next('log.failed');
  say('first');
  assert.deepEqual(await failed, {
    type: 'log.failed',
    file: join(folder, 'bot.log'),
    reason: 'ENOSPC: no space left on device',
  });
  const failing = { file: join(folder, 'bot.log'), reason: 'ENOSPC: no space left on device' };
  assert.deepEqual(files.failing(), [failing]);
  // More than may wait.
  for (let count = 0; count < 10_000; count += 1) say('x'.repeat(1000));
  const lost = files.dropped().get('bot') ?? 0;
  assert.ok(lost > 3000 && lost < 8000, `${lost} lines`);
  const resumed = next('log.resumed');
  await unlink(join(folder, 'bot.log'));
  assert.deepEqual(await resumed, { type: 'log.resumed', file: join(folder, 'bot.log'), lines: lost });
  assert.deepEqual(files.failing(), []);
  say('last');
  await files.idle();
  const lines = await wholeLog(folder);
  assert.equal(lines[0], 'first');
  assert.deepEqual(lines.slice(-2), [
    `lines are missing here (ENOSPC: no space left on device): ${lost}`,
    'last',
  ]);
  assert.equal(lines.length, 10_003 - lost);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['log.failed', 'log.resumed'],
  );
});

/** CAP_SYS_ADMIN, see capabilities(7). */
const MAY_MOUNT = 1n << 21n;
const capabilities = /^CapEff:\s*(\w+)$/m.exec(
  process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '',
)?.[1];
const NO_TMPFS =
  (BigInt(`0x${capabilities ?? '0'}`) & MAY_MOUNT) === 0n && 'mounting a tmpfs is not permitted here';

/** Fills a disk of 1 MiB with lines until one is cut, and sends 50 more; resolves with all of them. */
async function fillDisk(
  t: TestContext,
  then: (disk: string, sent: string[], logging: Logging) => Promise<void>,
): Promise<void> {
  const disk = join(await temporaryFolder(t), 'disk');
  await mkdir(disk);
  await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  const logging = logTo(t, disk, { size: 100_000 }, SOON);
  const { files, say, events } = logging;
  try {
    await writeFile(join(disk, 'ballast'), Buffer.alloc(500_000));
    const sent: string[] = [];
    const send = (): void => {
      // Random, so that it does not shrink when it is compressed.
      sent.push(`${sent.length} ${randomBytes(700).toString('base64')}`);
      say(sent.at(-1) ?? '');
    };
    while (events.every(({ type }) => type !== 'log.failed')) {
      send();
      if (sent.length % 20 === 0) await files.idle();
    }
    for (let more = 0; more < 50; more += 1) send();
    await then(disk, sent, logging);
  } finally {
    await files.close();
    await promisify(execFile)('umount', [disk]);
  }
}

test('a disk that fills up leaves files that can be read, and no line is lost or doubled once there is room', {
  skip: NO_TMPFS,
}, async (t) => {
  await fillDisk(t, async (disk, sent, { files, next }) => {
    const resumed = next('log.resumed');
    await rm(join(disk, 'ballast'));
    await resumed;
    await files.idle();
    assert.deepEqual(await wholeLog(disk), sent);
  });
});

test('room that is made by deleting the very file is used, and the new one begins with a whole line', {
  skip: NO_TMPFS,
}, async (t) => {
  await fillDisk(t, async (disk, sent, { files, next }) => {
    const resumed = next('log.resumed');
    await rm(join(disk, 'bot.log'));
    await resumed;
    await files.idle();
    const text = await readFile(join(disk, 'bot.log'), 'utf8');
    assert.match(text, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual((await wholeLog(disk)).slice(-50), sent.slice(-50));
  });
});

test('a folder that cannot be created is tried again until it can', async (t) => {
  const root = await temporaryFolder(t);
  const folder = join(root, 'logs');
  await writeFile(folder, 'no folder');
  const { files, say, next } = logTo(t, root, { folder }, SOON);
  const failed = next('log.failed');
  say('kept');
  const told = await failed;
  assert.match(told.type === 'log.failed' ? told.reason : '', /^(ENOTDIR|EEXIST): /);
  const resumed = next('log.resumed');
  await rm(folder);
  await resumed;
  await files.idle();
  assert.deepEqual(await wholeLog(folder), ['kept']);
});

test('a file that cannot be rotated grows up to the limit of all its files, and is reported once', async (t) => {
  const folder = await temporaryFolder(t);
  let now = Date.UTC(2026, 0, 1);
  // With a stamp behind it the name is too long for any file system (NAME_MAX is 255).
  const logFile = join(folder, 'n'.repeat(250));
  const profiles = [{ name: 'bot', logFile }];
  const policy = { size: 1000, keep: 5000 };
  const { files, say, events, next } = logTo(t, folder, policy, { profiles, now: () => now, ...SOON });
  const failed = next('log.failed');
  for (let count = 0; count < 12; count += 1) {
    say('y'.repeat(600));
    await files.idle();
    now += 1000;
  }
  await failed;
  const { size } = await stat(logFile);
  assert.ok(size > 3000 && size <= 6000, `${size} bytes`);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['log.unrotated', 'log.failed'],
  );
});

test('lines that come faster than any disk are counted, and the file says where they are missing', async (t) => {
  const folder = await temporaryFolder(t);
  const { files, say, next } = logTo(t, folder, {}, SOON);
  const resumed = next('log.resumed');
  for (let count = 0; count < 20_000; count += 1) say('z'.repeat(970));
  const lost = files.dropped().get('bot') ?? 0;
  assert.ok(lost > 10_000, `${lost} lines`);
  assert.deepEqual(await resumed, { type: 'log.resumed', file: join(folder, 'bot.log'), lines: lost });
  await files.idle();
  const lines = await wholeLog(folder);
  assert.equal(lines.filter((line) => line.startsWith('zzz')).length, 20_000 - lost);
  assert.ok(lines.includes(`lines are missing here (lines come faster than they can be written): ${lost}`));
});

test('the number of lines lost in a flood is in the gateway’s file and in gwproxy’s own log', async (t) => {
  const folder = await temporaryFolder(t);
  const { files, say } = logTo(t, folder);
  say('before');
  files.report({ type: 'output.dropped', profile: 'bot', lines: 7, reason: 'flood' });
  await files.idle();
  assert.deepEqual(await wholeLog(folder), ['before', 'lines are missing here, since they came too fast: 7']);
  assert.match(await readFile(join(folder, 'gwproxy.log'), 'utf8'), /"type":"output.dropped".*"lines":7/);
  assert.deepEqual([...files.dropped()], [['bot', 7]]);
});

test('gwproxy’s own log that fails does not report itself for ever', async (t) => {
  const folder = await temporaryFolder(t);
  await symlink('/dev/full', join(folder, 'gwproxy.log'));
  const { files, events, next } = logTo(t, folder, {}, SOON);
  const failed = next('log.failed');
  files.report({ type: 'app.stopped' });
  await failed;
  const resumed = next('log.resumed');
  await rm(join(folder, 'gwproxy.log'));
  await resumed;
  await files.idle();
  assert.equal(events.length, 2);
  const types = (await readFile(join(folder, 'gwproxy.log'), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).type);
  assert.deepEqual(types, ['app.stopped', 'log.failed', 'log.resumed']);
});

test('a device is written to as it is and never rotated', async (t) => {
  const folder = await temporaryFolder(t);
  const profiles = [{ name: 'bot', logFile: '/dev/null' }];
  const { files, say, events } = logTo(t, folder, { size: 10 }, { profiles });
  for (let count = 0; count < 5; count += 1) say('x'.repeat(100));
  await files.idle();
  assert.deepEqual(events, []);
  assert.deepEqual(await namesOf('/dev', 'null'), ['null']);
});

test('the end of the process writes the lines that wait', async (t) => {
  const folder = await temporaryFolder(t);
  const program = `
    const { createLogFiles } = await import(process.argv[1]);
    const files = createLogFiles({
      policy: { folder: null, size: 1e7, age: 1e7, keep: 1e8 },
      profiles: [{ name: 'bot', logFile: null }],
      folder: process.argv[2],
      report() {},
    });
    process.on('exit', () => files.flushSync());
    const say = (line) => files.report({ type: 'gateway.output', profile: 'bot', stream: 'stdout', line });
    say('opens the file');
    await files.idle();
    for (let count = 0; count < 1000; count += 1) say('line ' + count);
    process.exit(0);
  `;
  const module = pathToFileURL(join(import.meta.dirname, '../../src/logs/log-files.js')).href;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, module, folder]);
  assert.deepEqual(await wholeLog(folder), [
    'opens the file',
    ...Array.from({ length: 1000 }, (_, at) => `line ${at}`),
  ]);
});
