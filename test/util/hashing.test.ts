import assert from 'node:assert/strict';
import { createHash, createHmac, hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256Hex, updateInSlices } from '../../src/util/hashing.ts';
import { LoopShare } from '../../src/util/loop-share.ts';

test('a digest in slices is that of the whole body, whatever its length', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 4_000_000 }), fc.nat({ max: 255 }), async (length, byte) => {
      const body = Buffer.alloc(length, byte);
      assert.equal(await sha256Hex(new LoopShare(), body), hash('sha256', body, 'hex'));
    }),
    { numRuns: 20 },
  );
});

test('several hashes are updated with every byte, in order', async () => {
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));
  const hashes = [createHash('sha1'), createHmac('sha256', 'of a test'), createHash('sha256')];
  await updateInSlices(new LoopShare(), hashes, body);
  assert.deepEqual(
    hashes.map((one) => one.digest('hex')),
    [
      hash('sha1', body, 'hex'),
      createHmac('sha256', 'of a test').update(body).digest('hex'),
      hash('sha256', body, 'hex'),
    ],
  );
});
