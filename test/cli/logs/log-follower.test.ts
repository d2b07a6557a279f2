import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LogFollower } from '../../../src/cli/logs/log-follower.ts';
import { temporaryFolder } from '../../support/sockets.ts';

interface Followed {
  readonly file: string;
  readonly follower: LogFollower;
  readonly trouble: readonly string[];
  /** Advances the clock by so many ms. */
  pass(ms: number): void;
}

async function follow(t: TestContext): Promise<Followed> {
  const file = join(await temporaryFolder(t), 'bot.log');
  const trouble: string[] = [];
  let now = 0;
  const follower = new LogFollower(
    file,
    (text) => trouble.push(text),
    () => now,
  );
  t.after(() => follower.close());
  return {
    file,
    follower,
    trouble,
    pass(ms) {
      now += ms;
    },
  };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `${from + at} ${'x'.repeat(100)}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

test('the last lines are read from rotated files too, compressed or not', async (t) => {
  const { file, follower } = await follow(t);
  await writeFile(`${file}.20260101T100000000Z.gz`, gzipSync(text(numbers(0, 3000))));
  await writeFile(`${file}.20260101T110000000Z`, text(numbers(3000, 4000)));
  await writeFile(file, `${text(numbers(4000, 6000))}half a line`);
  assert.deepEqual(await follower.readLast(0), []);
  assert.deepEqual(await follower.readLast(1), numbers(5999, 6000));
  assert.deepEqual(await follower.readLast(1500), numbers(4500, 6000));
  // The blocks that are read backwards then begin at every place of a line.
  for (let count = 600; count < 640; count += 1) {
    assert.deepEqual(await follower.readLast(count), numbers(6000 - count, 6000));
  }
  assert.deepEqual(await follower.readLast(2500), numbers(3500, 6000));
  assert.deepEqual(await follower.readLast(5900), numbers(100, 6000));
  assert.deepEqual(await follower.readLast(99_999), numbers(0, 6000));
  await follower.readLast(0);
  await appendFile(file, ' ends\n');
  assert.deepEqual(await follower.readNew(), ['half a line ends']);
});

test('a rotated file in both forms is read once, and a damaged one is reported', async (t) => {
  const { file, follower, trouble } = await follow(t);
  await writeFile(`${file}.20260101T090000000Z.gz`, 'no gz');
  await writeFile(`${file}.20260101T100000000Z`, 'one\n');
  await writeFile(`${file}.20260101T100000000Z.gz`, gzipSync('one\n'));
  await writeFile(file, 'two\n');
  assert.deepEqual(await follower.readLast(10), ['one', 'two']);
  assert.equal(trouble.length, 1);
  assert.match(trouble[0] ?? '', /090000000Z\.gz cannot be read/);
});

test('new lines are read across one rotation and across several at once', async (t) => {
  const { file, follower } = await follow(t);
  await writeFile(file, 'old\n');
  assert.deepEqual(await follower.readLast(0), []);
  await appendFile(file, 'a\n');
  assert.deepEqual(await follower.readNew(), ['a']);
  await appendFile(file, 'b\n');
  await rename(file, `${file}.20260101T100000000Z`);
  await writeFile(file, 'c\n');
  assert.deepEqual(await follower.readNew(), ['b', 'c']);
  await appendFile(file, 'd\n');
  await rename(file, `${file}.20260101T110000000Z`);
  await writeFile(`${file}.20260101T120000000Z.gz`, gzipSync('e\n'));
  await writeFile(file, 'f\n');
  assert.deepEqual(await follower.readNew(), ['d', 'e', 'f']);
  assert.deepEqual(await follower.readNew(), []);
});

test('new lines are read after the file is truncated, deleted, created again, or created late', async (t) => {
  const { file, follower } = await follow(t);
  assert.deepEqual(await follower.readLast(10), []);
  assert.deepEqual(await follower.readNew(), []);
  await writeFile(file, 'first\nse');
  assert.deepEqual(await follower.readNew(), ['first']);
  await appendFile(file, 'cond, and more of it\n');
  assert.deepEqual(await follower.readNew(), ['second, and more of it']);
  await truncate(file, 0);
  assert.deepEqual(await follower.readNew(), []);
  await appendFile(file, 'third\n');
  assert.deepEqual(await follower.readNew(), ['third']);
  await rm(file);
  assert.deepEqual(await follower.readNew(), []);
  await writeFile(file, 'fourth\n');
  assert.deepEqual(await follower.readNew(), ['fourth']);
});

test('a file that another program moved is read until its writer has noticed', async (t) => {
  const { file, follower, pass } = await follow(t);
  await writeFile(file, 'old\n');
  await follower.readLast(0);
  await rename(file, `${file}.1`);
  assert.deepEqual(await follower.readNew(), []);
  pass(1000);
  await appendFile(`${file}.1`, 'still there\n');
  assert.deepEqual(await follower.readNew(), ['still there']);
  // logrotate's create
  await writeFile(file, '');
  await appendFile(`${file}.1`, 'and there\n');
  assert.deepEqual(await follower.readNew(), ['and there']);
  await appendFile(`${file}.1`, 'the last\n');
  await appendFile(file, 'the new one\n');
  assert.deepEqual(await follower.readNew(), ['the last', 'the new one']);
  await appendFile(file, 'goes on\n');
  assert.deepEqual(await follower.readNew(), ['goes on']);
});

test('a file that another program moved is closed when nothing writes to it', async (t) => {
  const { file, follower, pass } = await follow(t);
  await writeFile(file, 'old\n');
  await follower.readLast(0);
  await rename(file, `${file}.1`);
  assert.deepEqual(await follower.readNew(), []);
  pass(2000);
  assert.deepEqual(await follower.readNew(), []);
  await appendFile(`${file}.1`, 'nobody’s\n');
  assert.deepEqual(await follower.readNew(), []);
  await writeFile(file, 'new\n');
  assert.deepEqual(await follower.readNew(), ['new']);
});

test('a rotation right after another program moved the file is read in full', async (t) => {
  const { file, follower } = await follow(t);
  for (const [stamp, compressed] of [
    ['20260101T100000000Z', false],
    ['20260101T110000000Z', true],
  ] as const) {
    await appendFile(file, `${stamp} begins\n`);
    await follower.readLast(0);
    await rename(file, `${file}.1`);
    const between = `${stamp} between\n`;
    await writeFile(`${file}.${stamp}${compressed ? '.gz' : ''}`, compressed ? gzipSync(between) : between);
    await writeFile(file, `${stamp} last\n`);
    assert.deepEqual(await follower.readNew(), [`${stamp} between`, `${stamp} last`]);
  }
});

test('a file that is rotated and compressed between two reads is not read again', async (t) => {
  const { file, follower } = await follow(t);
  await writeFile(file, 'a\n');
  await follower.readLast(0);
  await rm(file);
  await writeFile(`${file}.20260101T100000000Z.gz`, gzipSync('a\n'));
  await writeFile(file, 'b\n');
  assert.deepEqual(await follower.readNew(), ['b']);
});

test('a truncated file is recognised by its first bytes, however long it has become', async (t) => {
  const { file, follower } = await follow(t);
  await writeFile(file, text(numbers(0, 10)));
  await follower.readLast(0);
  for (const [from, to] of [
    [20, 30],
    [30, 50],
    [50, 55],
  ] as const) {
    // As copytruncate does: the same file.
    await truncate(file, 0);
    await appendFile(file, text(numbers(from, to)));
    assert.deepEqual(await follower.readNew(), numbers(from, to));
    assert.deepEqual(await follower.readNew(), []);
  }
});

test('a file that is added while following begins with its first line since the start, in a rotated file too', async (t) => {
  const { file, follower } = await follow(t);
  const line = (hour: number, word: string): string => `2026-01-01T${hour}:00:00.000Z out ${word}`;
  await writeFile(`${file}.20260101T110000000Z`, `${line(10, 'older')}\n`);
  await writeFile(
    `${file}.20260101T130000000Z`,
    text([line(11, 'old'), line(12, 'first'), 'a word', line(12, 'x')]),
  );
  await writeFile(file, text([line(13, 'last')]));
  follower.startFrom(Date.UTC(2026, 0, 1, 12));
  assert.deepEqual(await follower.readNew(), [line(12, 'first'), 'a word', line(12, 'x'), line(13, 'last')]);
  await appendFile(file, 'goes on\n');
  assert.deepEqual(await follower.readNew(), ['goes on']);
});

test('a long file of older lines is skipped within one read', async (t) => {
  const { file, follower } = await follow(t);
  const older = `2026-01-01T10:00:00.000Z out ${'x'.repeat(1000)}\n`;
  await writeFile(file, `${older.repeat(3000)}2026-01-01T12:00:00.000Z out first\n`);
  follower.startFrom(Date.UTC(2026, 0, 1, 12));
  assert.deepEqual(await follower.readNew(), ['2026-01-01T12:00:00.000Z out first']);
});

test('a link is followed to its file and to the files that are rotated beside it', async (t) => {
  const { file, follower, trouble } = await follow(t);
  const folder = await temporaryFolder(t);
  const real = join(folder, 'real.log');
  await symlink(real, file);
  await writeFile(`${real}.20260101T100000000Z`, text(numbers(0, 2)));
  await writeFile(real, text(numbers(2, 3)));
  assert.deepEqual(await follower.readLast(3), numbers(0, 3));
  await rename(real, `${real}.20260101T110000000Z`);
  await writeFile(real, text(numbers(3, 4)));
  assert.deepEqual(await follower.readNew(), numbers(3, 4));
  assert.deepEqual(trouble, []);
});

test('a device or a pipe is not opened, and that is said once', async (t) => {
  const { file, follower, trouble } = await follow(t);
  await symlink('/dev/zero', file);
  assert.deepEqual(
    [await follower.readLast(3), await follower.readNew(), await follower.readNew()],
    [[], [], []],
  );
  assert.deepEqual(trouble, [`${file} is no regular file: what goes there is not shown here`]);
  const other = await follow(t);
  execFileSync('mkfifo', [other.file]);
  assert.deepEqual([await other.follower.readLast(3), await other.follower.readNew()], [[], []]);
  assert.equal(other.trouble.length, 1);
});
