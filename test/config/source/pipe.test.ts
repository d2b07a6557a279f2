import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchedFoldersOf } from '../../../src/config/change/watched-folders.ts';
import { realFiles } from '../../../src/config/source/files.ts';
import { readPipe } from '../../../src/config/source/pipe.ts';
import { folder } from '../folder.ts';

async function pipe(t: TestContext): Promise<string> {
  const path = join(await folder(t, {}), 'bot.env');
  execFileSync('mkfifo', [path]);
  return path;
}

test('a named pipe is read to its end at each read', async (t) => {
  const path = await pipe(t);
  for (const text of ['TOKEN=a', 'TOKEN=b']) {
    const writer = spawn('sh', ['-c', 'printf "$1"; sleep 0.1; printf "\\nMORE=1\\n"', 'sh', text], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const into = spawn('sh', ['-c', 'exec cat >"$1"', 'sh', path], {
      stdio: [writer.stdout, 'ignore', 'inherit'],
    });
    const ended = once(into, 'exit');
    assert.equal(await realFiles.read(path), `${text}\nMORE=1\n`);
    await ended;
  }
});

test('a named pipe without a writer is refused after a time limit', async (t) => {
  const path = await pipe(t);
  await assert.rejects(readPipe(path, { within: 100 }), /its writer did not finish within 0\.1 s/);
});

test('a named pipe that brings more than the limit is refused before its end', async (t) => {
  const path = await pipe(t);
  const writer = spawn('sh', ['-c', 'exec yes >"$1"', 'sh', path], { stdio: 'ignore' });
  const ended = once(writer, 'exit');
  await assert.rejects(realFiles.read(path, 4096), /it is longer than 4 KiB/);
  // Nobody reads on, so the writer gets SIGPIPE.
  await ended;
});

test('writing into a named pipe does not count as a change of the config', async (t) => {
  const path = await pipe(t);
  const { places } = await watchedFoldersOf({ files: [path], globs: [] });
  assert.ok(!places.some(({ matches }) => matches('bot.env')));
});
