import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyBuffer } from '../../../src/door/request/body-buffer.ts';
import { LoopShare } from '../../../src/util/loop-share.ts';

const LIMIT = 64 * 1024;

const loop = new LoopShare();

test('a body of one chunk is that chunk, not copied', async () => {
  const chunk = Buffer.from('whole');
  const body = new BodyBuffer(LIMIT);
  body.add(chunk);
  const taken = await body.take(loop);
  assert.equal(taken.buffer, chunk.buffer);
  assert.equal(taken.toString(), 'whole');
  assert.equal(body.capacity, 0);
  assert.equal((await new BodyBuffer(LIMIT).take(loop)).length, 0);
});

test('a body of one-byte chunks uses at most twice its size, and as much as `growth` said', () => {
  const body = new BodyBuffer(4 * 1024 * 1024);
  let told = 0;
  for (let count = 0; count < 100_000; count += 1) {
    told += body.growth(1);
    body.add(Buffer.from([count & 255]));
  }
  assert.equal(told, body.capacity);
  assert.ok(body.capacity <= 2 * body.size, String(body.capacity));
});

test('chunks of any sizes come out as they went in, within the limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 20 }), async (chunks) => {
      const body = new BodyBuffer(LIMIT);
      const kept: Buffer[] = [];
      for (const chunk of chunks.map((bytes) => Buffer.from(bytes))) {
        if (body.size + chunk.length > LIMIT) break;
        body.add(chunk);
        kept.push(chunk);
      }
      assert.ok(body.capacity <= LIMIT);
      assert.ok((await body.take(loop)).equals(Buffer.concat(kept)));
    }),
  );
});

test('a long body is kept in blocks that are never copied until it is whole, and then in slices', async () => {
  const limit = 25 * 1024 * 1024;
  const body = new BodyBuffer(limit);
  const sent: Buffer[] = [];
  let told = 0;
  for (let count = 0; body.size + 65_000 <= limit; count += 1) {
    const chunk = Buffer.alloc(65_000 - (count % 7), count % 256);
    sent.push(chunk);
    told += body.growth(chunk.length);
    body.add(chunk);
    assert.ok(body.capacity <= Math.min(limit, Math.max(2 * body.size, body.size + 4 * 1024 * 1024)));
  }
  assert.equal(told, body.capacity);
  const taken = body.take(loop);
  assert.ok(taken instanceof Promise, 'not at once');
  assert.ok((await taken).equals(Buffer.concat(sent)));
});
