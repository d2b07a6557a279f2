import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync, watch as watchFolder } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type ConfigWatch,
  type ConfigWatchOptions,
  createConfigWatch,
} from '../../../src/config/change/watch.ts';
import type { ConfigInputs } from '../../../src/config/load.ts';
import { folder } from '../folder.ts';

interface Watching {
  readonly watch: ConfigWatch;
  readonly reasons: string[];
  readonly count: number;
  /** Resolves at the next reported change; at once if one was reported since the last call. */
  next(): Promise<void>;
}

function watching(t: TestContext, options: Partial<ConfigWatchOptions> = {}): Watching {
  const events = new EventEmitter();
  const reasons: string[] = [];
  let count = 0;
  let seen = 0;
  const watch = createConfigWatch({
    changed: () => {
      count += 1;
      events.emit('changed');
    },
    unwatched: (reason) => void reasons.push(reason),
    ...options,
  });
  t.after(() => watch.end());
  return {
    watch,
    reasons,
    get count() {
      return count;
    },
    async next() {
      while (count === seen) await once(events, 'changed');
      seen = count;
    },
  };
}

/** A `since` in the future: no earlier change counts. */
const now = (): number => Date.now() + 60_000;

function files(...paths: string[]): ConfigInputs {
  return { files: paths, globs: [] };
}

test('many writes of one save are reported once', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const file = join(at, 'gwproxy.yaml');
  const watched = watching(t);
  await watched.watch.follow(files(file), now());
  for (let part = 0; part < 20; part += 1) await writeFile(file, String(part));
  await watched.next();
  assert.equal(watched.count, 1);
});

test('a save by rename is reported, also the second time', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const file = join(at, 'gwproxy.yaml');
  const watched = watching(t);
  await watched.watch.follow(files(file), now());
  for (const text of ['one', 'two']) {
    await writeFile(join(at, 'gwproxy.yaml.tmp'), text);
    await rename(join(at, 'gwproxy.yaml.tmp'), file);
    await watched.next();
    await watched.watch.follow(files(file), now());
  }
  assert.equal(watched.count, 2);
});

test('a replaced link is reported, and then changes of its new target', async (t) => {
  const at = await folder(t, { '..one/gwproxy.yaml': '1', '..two/gwproxy.yaml': '2' });
  const file = join(at, 'gwproxy.yaml');
  await symlink('..one', join(at, '..data'));
  await symlink('..data/gwproxy.yaml', file);
  const watched = watching(t);
  await watched.watch.follow(files(file), now());
  await symlink('..two', join(at, '..data_tmp'));
  await rename(join(at, '..data_tmp'), join(at, '..data'));
  await rm(join(at, '..one'), { recursive: true });
  await watched.next();
  await watched.watch.follow(files(file), now());
  await writeFile(join(at, '..two', 'gwproxy.yaml'), '3');
  await watched.next();
});

test('a folder that is replaced by another of its name stays watched', async (t) => {
  const at = await folder(t, { 'conf/gwproxy.yaml': '1' });
  const file = join(at, 'conf', 'gwproxy.yaml');
  const watched = watching(t);
  await watched.watch.follow(files(file), now());
  await rename(join(at, 'conf'), join(at, 'old'));
  await mkdir(join(at, 'conf'));
  await watched.next();
  await watched.watch.follow(files(file), now());
  await writeFile(file, '2');
  await watched.next();
});

test('a missing file and a missing folder are reported when they are created', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const inputs: ConfigInputs = {
    files: [join(at, 'secrets', '.env')],
    globs: [join(at, 'profiles', '*.yaml')],
  };
  const watched = watching(t);
  await watched.watch.follow(inputs, now());
  await mkdir(join(at, 'secrets'));
  await watched.next();
  await watched.watch.follow(inputs, now());
  await writeFile(join(at, 'secrets', '.env'), 'A=1');
  await watched.next();
  await mkdir(join(at, 'profiles'));
  await watched.next();
  await watched.watch.follow(inputs, now());
  await writeFile(join(at, 'profiles', 'new.yaml'), '');
  await watched.next();
});

test('a change between the load and the start of watching is reported', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const watched = watching(t);
  const since = Date.now();
  await writeFile(join(at, 'gwproxy.yaml'), 'changed');
  await watched.watch.follow(files(join(at, 'gwproxy.yaml')), since);
  await watched.next();
});

test('other files beside the config are ignored', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const watched = watching(t);
  await watched.watch.follow(files(join(at, 'gwproxy.yaml')), now());
  for (let line = 0; line < 20; line += 1) await writeFile(join(at, 'bot.log'), String(line));
  // Events come in order: once this one is reported, the ones above were too, if at all.
  await writeFile(join(at, 'gwproxy.yaml'), '2');
  await watched.next();
  assert.equal(watched.count, 1);
});

test('a file that is written without a pause is still reported', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const watched = watching(t);
  await watched.watch.follow(files(join(at, 'gwproxy.yaml')), now());
  // Writes follow each other too fast for a save to count as finished.
  for (let part = 0; watched.count === 0 && part < 1000; part += 1) {
    await writeFile(join(at, 'gwproxy.yaml'), String(part));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(watched.count, 1);
});

test('it uses one handle for each folder, and closes those it no longer needs', async (t) => {
  const names = Array.from({ length: 50 }, (_, index) => `profiles/bot-${index}.yaml`);
  const at = await folder(t, Object.fromEntries(names.map((name) => [name, ''])));
  const before = inotifyWatches();
  const watched = watching(t);
  const all = names.map((name) => join(at, name));
  await watched.watch.follow({ files: all, globs: [join(at, 'profiles', '*.yaml')] }, now());
  if (process.platform === 'linux') assert.equal(inotifyWatches() - before, 2);
  watched.watch.end();
  if (process.platform === 'linux') assert.equal(inotifyWatches() - before, 0);
});

test('a folder that cannot be watched is reported once, and the others are watched', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '', 'secrets/.env': '' });
  const watched = watching(t, {
    watch(path, listener) {
      if (path.endsWith('secrets')) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return watchFolder(path, listener);
    },
  });
  const inputs = files(join(at, 'gwproxy.yaml'), join(at, 'secrets', '.env'));
  await watched.watch.follow(inputs, now());
  await watched.watch.follow(inputs, now());
  assert.deepEqual(watched.reasons, [
    `${join(at, 'secrets')}: this user has no file watches left; raise fs.inotify.max_user_watches`,
  ]);
  await writeFile(join(at, 'gwproxy.yaml'), '2');
  await watched.next();
});

/** How many inotify watches this process has; 0 if the system has no inotify. */
function inotifyWatches(): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc/self/fdinfo')
    .map((fd) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      } catch (error) {
        // The descriptor that the folder was listed with is closed by now.
        assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOENT');
        return '';
      }
    })
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('inotify ')).length;
}
