import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { createFileStdout, type Sink } from '../../src/logs/stdout.ts';

const MAX = 8 * 1024 * 1024;

/** A disk with room for so many bytes, which says so as the system does. */
class Disk extends EventEmitter implements Sink {
  text = '';
  room = Number.POSITIVE_INFINITY;
  code = 'ENOSPC';

  writeSync(bytes: Buffer): number {
    if (this.room === 0) {
      this.emit('refused');
      throw Object.assign(new Error(`${this.code}: no, write`), { code: this.code });
    }
    const taken = bytes.subarray(0, this.room);
    this.room -= taken.length;
    this.text += taken.toString();
    this.emit('took');
    return taken.length;
  }

  async write(bytes: Buffer): Promise<number> {
    return this.writeSync(bytes);
  }

  async holds(text: string): Promise<void> {
    while (this.text !== text) await once(this, 'took');
  }
}

function stdoutTo(t: TestContext, retryAfter = 5) {
  const disk = new Disk();
  const told: string[] = [];
  // What waits for a disk keeps no process alive.
  const awake = setInterval(() => {}, 1000);
  t.after(() => clearInterval(awake));
  const trouble = {
    closed: (reason: string | null) => told.push(`closed: ${reason}`),
    failing: (reason: string) => told.push(reason),
  };
  return { disk, told, stdout: createFileStdout(disk, trouble, retryAfter) };
}

test('a full disk is reported once; lines that wait are written once there is room, from where they were cut', async (t) => {
  const { disk, told, stdout } = stdoutTo(t);
  disk.room = 9;
  for (const line of ['one\n', 'two\n', 'three\n']) assert.equal(stdout.write(line), true);
  await once(disk, 'refused');
  await once(disk, 'refused');
  assert.equal(disk.text, 'one\ntwo\nt');
  assert.deepEqual(told, ['ENOSPC: no']);
  disk.room = 1000;
  await disk.holds('one\ntwo\nthree\n');
  await stdout.drained();
  assert.equal(stdout.unwritten(), 0);
  disk.room = 0;
  stdout.write('four\n');
  await once(disk, 'refused');
  await once(disk, 'refused');
  assert.deepEqual(told, ['ENOSPC: no', 'ENOSPC: no']);
});

test('beyond its limit no line is taken, and the reason is given, until there is room again', async (t) => {
  const { disk, stdout } = stdoutTo(t);
  disk.room = 0;
  const line = `${'x'.repeat(1023)}\n`;
  let taken = 0;
  while (stdout.write(line)) taken += 1;
  assert.equal(taken, MAX / line.length);
  await once(disk, 'refused');
  assert.equal(stdout.whyFull(), 'ENOSPC: no');
  disk.room = Number.POSITIVE_INFINITY;
  await disk.holds(line.repeat(taken));
  await stdout.drained();
  assert.equal(stdout.write(line), true);
});

test('the end of the process does not wait for a full disk: lines are tried once more and counted as lost', async (t) => {
  const { disk, told, stdout } = stdoutTo(t, 60_000);
  disk.room = 9;
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) stdout.write(line);
  await once(disk, 'refused');
  await stdout.drained();
  let tries = 0;
  disk.on('refused', () => {
    tries += 1;
  });
  assert.equal(stdout.flush(), 2);
  assert.equal(tries, 1);
  assert.deepEqual(told, ['ENOSPC: no']);
});

test('the end of the process writes the lines that wait, if there is room by then', async (t) => {
  const { disk, stdout } = stdoutTo(t, 60_000);
  disk.room = 5;
  for (const line of ['one\n', 'two\n']) stdout.write(line);
  await once(disk, 'refused');
  await stdout.drained();
  disk.room = 1000;
  assert.equal(stdout.flush(), 0);
  assert.equal(disk.text, 'one\ntwo\n');
});

test('only a reader that has gone ends the output for good', async (t) => {
  const { disk, told, stdout } = stdoutTo(t);
  disk.room = 0;
  disk.code = 'EPIPE';
  stdout.write('one\n');
  await stdout.drained();
  assert.deepEqual(told, ['closed: null']);
  assert.equal(stdout.write('two\n'), false);
  assert.equal(stdout.flush(), 0);
});

test('the end of the process does not write a batch again whose write is under way', async (t) => {
  const { disk, stdout } = stdoutTo(t);
  let arrive = (): void => {};
  disk.write = async (bytes) => {
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await arrived;
    return disk.writeSync(bytes);
  };
  const long = `${'x'.repeat(64 * 1024)}\n`;
  stdout.write(long);
  stdout.write('two\n');
  assert.equal(stdout.flush(), 0);
  assert.equal(disk.text, 'two\n');
  arrive();
  await disk.holds(`two\n${long}`);
  await stdout.drained();
});
