import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { localMachine } from '../../../src/cli/pm2/local-machine.ts';
import { folder } from '../../config/folder.ts';

test('a file is read up to a limit; what is longer, no file or no text is not', async (t) => {
  const at = await folder(t, { 'a.js': 'four', 'b.js': 'a\0b', 'closed.js': 'x' });
  const machine = localMachine(at, {});
  const text = (name: string, largest: number) => machine.text(join(at, name), largest);
  assert.deepEqual([text('a.js', 4), text('a.js', 3), text('b.js', 9)], ['four', null, null]);
  assert.deepEqual([text('gone.js', 9), text('.', 9)], [null, null]);
  // Nobody writes to it: a read that waited would never return.
  execFileSync('mkfifo', [join(at, 'pipe.js')]);
  assert.equal(text('pipe.js', 9), null);
  await chmod(join(at, 'closed.js'), 0);
  if (process.getuid?.() !== 0) assert.equal(text('closed.js', 9), null);
});

test('a path that is too long, or a link to itself, is no file and no folder', async (t) => {
  const at = await folder(t, {});
  await symlink(join(at, 'foo.py'), join(at, 'foo.py'));
  const machine = localMachine(at, {});
  for (const name of [`${'x'.repeat(300)}.js`, 'foo.py']) {
    const path = join(at, name);
    assert.deepEqual(
      [machine.isFile(path), machine.isFolder(path), machine.entry(path)],
      [false, false, 'none'],
    );
  }
});
