import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyBuffer } from '../../../src/door/request/body-buffer.ts';

const LIMIT = 64 * 1024;

test('a body of one chunk is that chunk, not copied', () => {
  const chunk = Buffer.from('whole');
  const body = new BodyBuffer(LIMIT);
  body.add(chunk);
  assert.equal(body.bytes().buffer, chunk.buffer);
  assert.equal(body.bytes().toString(), 'whole');
  assert.equal(new BodyBuffer(LIMIT).bytes().length, 0);
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

test('chunks of any sizes come out as they went in, within the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 20 }), (chunks) => {
      const body = new BodyBuffer(LIMIT);
      const kept: Buffer[] = [];
      for (const chunk of chunks.map((bytes) => Buffer.from(bytes))) {
        if (body.size + chunk.length > LIMIT) break;
        body.add(chunk);
        kept.push(chunk);
      }
      assert.ok(body.bytes().equals(Buffer.concat(kept)));
      assert.ok(body.capacity <= LIMIT);
    }),
  );
});
