import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReadyChannel } from '../../../src/supervisor/process/ready-channel.ts';

/** How often the channel says ready after these chunks. */
function readyTimes(chunks: readonly string[]): number {
  const stream = new PassThrough();
  let times = 0;
  const channel = new ReadyChannel(stream, () => {
    times += 1;
  });
  for (const chunk of chunks) stream.emit('data', Buffer.from(chunk));
  channel.close();
  return times;
}

test('the message ready is found once, in whatever pieces and between whatever messages it comes', () => {
  const line = fc.oneof(
    fc.constant('"ready"'),
    fc.constant(' "ready"\r'),
    fc.json().filter((text) => text.trim() !== '"ready"'),
    fc.constant('"ready" '.padEnd(64, ' ')),
    fc.constant('x'.repeat(500)),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
      const text = lines.map((each) => `${each.replaceAll('\n', ' ')}\n`).join('');
      const chunks: string[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(text.slice(at, at + cut));
        at += cut;
      }
      chunks.push(text.slice(at));
      const isReady = lines.some((each) => each.trim() === '"ready"');
      assert.equal(readyTimes(chunks), isReady ? 1 : 0);
    }),
  );
});

test('a message that only begins like ready, is longer, or has no end, is another', () => {
  assert.equal(readyTimes(['"ready']), 0);
  assert.equal(readyTimes(['"ready"']), 0);
  assert.equal(readyTimes(['"ready"', ' ', '\n']), 1);
  assert.equal(readyTimes(['{"type":"ready"}\n', 'ready\n', '"readyx"\n']), 0);
  assert.equal(readyTimes([`"ready"${' '.repeat(100)}x\n`]), 0);
});

test('a process that floods its channel waits, and what it sends is not kept', async () => {
  const stream = new PassThrough();
  const channel = new ReadyChannel(stream, () => assert.fail('it is not ready'));
  stream.emit('data', Buffer.alloc(1024 * 1024, 'x'));
  assert.ok(stream.isPaused(), 'nothing is read until the window ends');
  const resumed = new Promise((resolve) => stream.once('resume', resolve));
  await resumed;
  channel.close();
});
