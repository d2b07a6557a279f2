import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { knownMarks } from '../../../src/supervisor/tree/environ.ts';
import { HAS_PROC, type ProcessId, readStat } from '../../../src/supervisor/tree/proc.ts';

const SOUGHT = (): boolean => true;
const NOT_SOUGHT = (): boolean => false;

/** Has a mark until takeOff(), which removes it by an exec. */
async function marked(
  t: TestContext,
  mark: string,
): Promise<{ id: ProcessId; takeOff: () => Promise<void> }> {
  const bare = 'echo bare; read line';
  const child = spawn('sh', ['-c', `echo marked; read line; exec env -u GWPROXY_GATEWAY sh -c '${bare}'`], {
    env: { ...process.env, GWPROXY_GATEWAY: mark },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.stdin.end();
    await exited;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'marked');
  const id = readStat(child.pid ?? 0);
  assert.ok(id);
  return {
    id,
    async takeOff() {
      child.stdin.write('\n');
      assert.equal((await lines.next()).value, 'bare');
    },
  };
}

// Where there is no /proc there are no marks to be read.
if (HAS_PROC) {
  test('a reading of a mark that has stayed the same is reused for a while, but never for a mark in question', async (t) => {
    const { id, takeOff } = await marked(t, 'run/alpha/1');
    const read = async (sought: () => boolean, at: number): Promise<string | null | undefined> =>
      (await knownMarks([id], sought, at)).get(id.pid)?.mark;
    assert.equal(await read(NOT_SOUGHT, 0), 'run/alpha/1');
    assert.equal(await read(NOT_SOUGHT, 10_000), 'run/alpha/1');
    await takeOff();
    assert.equal(await read(NOT_SOUGHT, 19_999), 'run/alpha/1');
    assert.equal(await read(SOUGHT, 19_999), null);
  });

  test('a reading that is too old is read again', async (t) => {
    const { id, takeOff } = await marked(t, 'run/beta/1');
    for (const at of [0, 10_000]) await knownMarks([id], NOT_SOUGHT, at);
    await takeOff();
    assert.equal((await knownMarks([id], NOT_SOUGHT, 20_000)).get(id.pid)?.mark, null);
  });

  test('a mark that is new is read each time', async (t) => {
    const { id, takeOff } = await marked(t, 'run/gamma/1');
    for (const at of [0, 9_998]) await knownMarks([id], NOT_SOUGHT, at);
    await takeOff();
    assert.equal((await knownMarks([id], NOT_SOUGHT, 9_999)).get(id.pid)?.mark, null);
  });

  test('a reading does not count for another process that has the same pid', async (t) => {
    const { id, takeOff } = await marked(t, 'run/delta/1');
    const before = { ...id, started: id.started - 1 };
    for (const at of [0, 10_000]) await knownMarks([before], NOT_SOUGHT, at);
    await takeOff();
    assert.equal((await knownMarks([id], NOT_SOUGHT, 10_001)).get(id.pid)?.mark, null);
  });
}
