import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const HELD = JSON.stringify(new URL('../../src/heap/young-generation.js', import.meta.url).href);

/** Writes what the young generation takes, in KiB: after much that survived at once, and once it was let grow. */
const CHILD = `
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { holdYoungGeneration } from ${HELD};
const size = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 1024;
const kept = [];
function allocate(objects) {
  for (let index = 0; index < objects; index++) kept[index % 20_000] = { index, of: [index] };
}
holdYoungGeneration();
// In one turn: nobody hears of these collections before it is over. Node 24 counts pages that it is about to give back.
const looks = [];
for (let look = 0; look < 10; look++) {
  allocate(500_000);
  looks.push(size());
}
const held = Math.min(...looks.slice(5));
let grown = held;
for (let turns = 0; turns < 2000 && grown < 16_384; turns++) {
  allocate(200_000);
  await turn();
  grown = size();
}
console.log(JSON.stringify({ held, grown }));
`;

test('the young generation stays small until collecting it costs more than it is worth', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    CHILD,
  ]);
  const { held, grown } = JSON.parse(stdout);
  assert.ok(held <= 4096, `${held} KiB while it was held`);
  assert.ok(grown >= 16_384, `${grown} KiB when it was not`);
  // V8 complains there of a flag that it does not know.
  assert.equal(stderr, '');
});
