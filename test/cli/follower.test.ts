import assert from 'node:assert/strict';
import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Follower } from '../../src/cli/logs/follower.ts';
import { temporaryFolder } from '../logs/support.ts';

async function follow(t: TestContext): Promise<{ file: string; follower: Follower; trouble: string[] }> {
  const file = join(await temporaryFolder(t), 'bot.log');
  const trouble: string[] = [];
  const follower = new Follower(file, (text) => trouble.push(text));
  t.after(() => follower.close());
  return { file, follower, trouble };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `${from + at} ${'x'.repeat(100)}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

test('the last lines come from rotated files too, compressed or not, the newest first', async (t) => {
  const { file, follower } = await follow(t);
  await writeFile(`${file}.20260101T100000000Z.gz`, gzipSync(text(numbers(0, 3000))));
  await writeFile(`${file}.20260101T110000000Z`, text(numbers(3000, 4000)));
  await writeFile(file, `${text(numbers(4000, 6000))}half a line`);
  assert.deepEqual(await follower.last(0), []);
  assert.deepEqual(await follower.last(1), numbers(5999, 6000));
  assert.deepEqual(await follower.last(1500), numbers(4500, 6000));
  // Wherever a block that is read begins within a line.
  for (let count = 600; count < 640; count += 1) {
    assert.deepEqual(await follower.last(count), numbers(6000 - count, 6000));
  }
  assert.deepEqual(await follower.last(2500), numbers(3500, 6000));
  assert.deepEqual(await follower.last(5900), numbers(100, 6000));
  assert.deepEqual(await follower.last(99_999), numbers(0, 6000));
  await follower.last(0);
  await appendFile(file, ' ends\n');
  assert.deepEqual(await follower.news(), ['half a line ends']);
});

test('a file that is compressed twice over is read once, and one that is broken is told of', async (t) => {
  const { file, follower, trouble } = await follow(t);
  await writeFile(`${file}.20260101T090000000Z.gz`, 'no gz');
  await writeFile(`${file}.20260101T100000000Z`, 'one\n');
  await writeFile(`${file}.20260101T100000000Z.gz`, gzipSync('one\n'));
  await writeFile(file, 'two\n');
  assert.deepEqual(await follower.last(10), ['one', 'two']);
  assert.equal(trouble.length, 1);
  assert.match(trouble[0] ?? '', /090000000Z\.gz cannot be read/);
});

test('news go on over a rotation, and over several at once', async (t) => {
  const { file, follower } = await follow(t);
  await writeFile(file, 'old\n');
  assert.deepEqual(await follower.last(0), []);
  await appendFile(file, 'a\n');
  assert.deepEqual(await follower.news(), ['a']);
  await appendFile(file, 'b\n');
  await rename(file, `${file}.20260101T100000000Z`);
  await writeFile(file, 'c\n');
  assert.deepEqual(await follower.news(), ['b', 'c']);
  await appendFile(file, 'd\n');
  await rename(file, `${file}.20260101T110000000Z`);
  await writeFile(`${file}.20260101T120000000Z.gz`, gzipSync('e\n'));
  await writeFile(file, 'f\n');
  assert.deepEqual(await follower.news(), ['d', 'e', 'f']);
  assert.deepEqual(await follower.news(), []);
});

test('news go on when the file is cut short, deleted, made anew, or comes only later', async (t) => {
  const { file, follower } = await follow(t);
  assert.deepEqual(await follower.last(10), []);
  assert.deepEqual(await follower.news(), []);
  await writeFile(file, 'first\nse');
  assert.deepEqual(await follower.news(), ['first']);
  await appendFile(file, 'cond, and more of it\n');
  assert.deepEqual(await follower.news(), ['second, and more of it']);
  await truncate(file, 0);
  assert.deepEqual(await follower.news(), []);
  await appendFile(file, 'third\n');
  assert.deepEqual(await follower.news(), ['third']);
  await rm(file);
  assert.deepEqual(await follower.news(), []);
  await writeFile(file, 'fourth\n');
  assert.deepEqual(await follower.news(), ['fourth']);
});
