import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertUntouched, prepareFault } from './support/fault.ts';

const SECONDS = 3;
const KEEP = 8 * 1024 ** 2;

test('a gateway that floods stdout at 50 MB/s and its neighbour both serve, and dropped lines are counted', async (t) => {
  const fault = await prepareFault(t, {
    gateways: { flood: { program: 'torrent.mjs' }, calm: { program: 'serve.mjs' } },
    settings: { logs: { folder: 'logs', size: '1MiB', keep: '8MiB' } },
  });
  const gwproxy = await fault.up('flood', 'calm');
  const [flood, calm] = [await gwproxy.profile('flood'), await gwproxy.profile('calm')];

  const slowest = { flood: 0, calm: 0 };
  let asked = 0;
  for (const begun = performance.now(); performance.now() - begun < SECONDS * 1000; asked += 1) {
    for (const profile of ['flood', 'calm'] as const) {
      const since = performance.now();
      const answer = await fault.ask(profile);
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
      slowest[profile] = Math.max(slowest[profile], performance.now() - since);
    }
  }

  const { written, ms } = await poured(await fault.ask('flood'));
  const after = await gwproxy.profile('flood');
  t.diagnostic(
    `${(written / ms / 1000).toFixed(0)} MB/s poured; slowest of ${asked} answers: the flooding gateway's ` +
      `${slowest.flood.toFixed(0)} ms, the other's ${slowest.calm.toFixed(0)} ms`,
  );
  assert.ok(written > 20e6, `it wrote ${written} bytes in ${ms} ms, and was not stopped by its pipe`);
  assert.ok(slowest.calm < 2000 && slowest.flood < 2000);
  assert.ok(after.dropped_lines > 0, 'counted');
  assertUntouched(flood, after);
  assertUntouched(calm, await gwproxy.profile('calm'));

  assert.equal(await gwproxy.stop(), 0);
  const kept = bytesIn(join(fault.folder, 'logs'));
  assert.ok(kept > 0 && kept <= KEEP + 2 * 1024 ** 2, `${kept} bytes of logs are kept`);
});

async function poured(answer: Response): Promise<{ written: number; ms: number }> {
  const told: unknown = await answer.json();
  return { written: 0, ms: 0, ...(typeof told === 'object' ? told : null) };
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
