import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProcessSettings } from '../../../src/config/types.ts';
import { spawnProcess } from '../../../src/supervisor/process/spawn.ts';
import { temporaryFolder } from '../../support/sockets.ts';
import { ORDINARY } from '../support.ts';

const isRoot = process.getuid?.() === 0;

interface Outcome {
  /** Null where it was spawned. */
  readonly failed: string | null;
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs a program with those settings to its end. */
async function run(
  settings: Partial<ProcessSettings>,
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const [file, ...args] = argv;
  const lines: string[] = [];
  let code: number | null = null;
  const command = {
    file,
    args,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', ...env },
    secret: new Set<string>(),
    process: { ...ORDINARY, ...settings },
  };
  let failed: string | null = null;
  await new Promise<void>((resolve, reject) => {
    spawnProcess(command, 'settings/test/1', {
      spawned: () => {},
      failed: (reason) => {
        failed = reason;
        resolve();
      },
      line: (_stream, line) => void lines.push(line),
      dropped: () => {},
      exited: (exit) => {
        code = exit.code;
      },
      treeEnded: () => {},
      outputEnded: resolve,
    }).catch(reject);
  });
  return { failed, code, lines };
}

test('umask, open files and niceness are as set, and the program has the pid and the arguments', async () => {
  const wanted = getPriority() + 3;
  const { failed, code, lines } = await run({ umask: 0o027, maxOpenFiles: 123, nice: wanted }, [
    process.execPath,
    '-e',
    `const { execFileSync } = require('node:child_process');
     const sh = (script) => execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim();
     console.log(JSON.stringify([sh('umask'), sh('ulimit -H -n'), require('node:os').getPriority(), process.argv.slice(1)]));
     try { require('node:fs').fstatSync(3).isSocket() && console.log('has descriptor 3'); } catch {}`,
    'two words',
    '$(touch /tmp/never) "; exit 3',
    '',
  ]);
  assert.deepEqual({ failed, code }, { failed: null, code: 0 }, lines.join('\n'));
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [['0027', '123', wanted, ['two words', '$(touch /tmp/never) "; exit 3', '']]],
  );
});

test('the output of a program is read even if it has exited before its settings are known to be in force', async () => {
  const ended = run({ umask: 0o077 }, ['echo', 'said']);
  // Whatever the program does meanwhile is seen at once, as on a machine that is busy.
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const until = performance.now() + 20; performance.now() < until; );
  }
  assert.deepEqual(await ended, { failed: null, code: 0, lines: ['said'] });
});

test('a limit that the system refuses is named, and the program does not run', async () => {
  const outcome = await run({ maxOpenFiles: 2_000_000_000 }, ['echo', 'runs']);
  assert.match(
    outcome.failed ?? '',
    /^max_open_files 2000000000 is more than this system gives gwproxy \(\d+|unlimited\)$/,
  );
  assert.deepEqual(outcome.lines, []);
});

test('a missing command has the same error with settings and without', async (t) => {
  const plain = join(await temporaryFolder(t), 'plain');
  await writeFile(plain, 'no program');
  await chmod(plain, 0o644);
  for (const settings of [{}, { umask: 0o077 }]) {
    assert.equal((await run(settings, ['no-such-program'])).failed, 'command not found: no-such-program');
    assert.equal((await run(settings, ['/no/such'])).failed, 'command not found: /no/such');
    assert.equal((await run(settings, [plain])).failed, `not permitted to run ${plain}`);
  }
});

test("the program's own exit codes 126 and 127 are exits", async () => {
  for (const code of [126, 127]) {
    const outcome = await run({ umask: 0o077 }, ['sh', '-c', `exit ${code}`]);
    assert.deepEqual(outcome, { failed: null, code, lines: [] });
  }
});

test('a niceness below its own is for root, and gwproxy keeps its own', async () => {
  const own = getPriority();
  const outcome = run({ nice: own - 2 }, [process.execPath, '-p', "require('node:os').getPriority()"]);
  if (isRoot) assert.deepEqual((await outcome).lines, [String(own - 2)]);
  else
    await assert.rejects(outcome, { message: `nice ${own - 2} needs root: gwproxy itself runs at ${own}` });
  assert.equal(getPriority(), own);
});

test("a gateway of another user has that user's ids, group, home and name, and no group of root's", async () => {
  const script = 'id -u; id -g; id -G; echo "$HOME $USER $LOGNAME"';
  const env = { HOME: process.env.HOME ?? '/' };
  if (!isRoot) {
    const { failed } = await run({ user: 'root' }, ['sh', '-c', script], env);
    assert.equal(failed, 'not permitted to run as root: gwproxy does not run as root');
    return;
  }
  const outcome = await run({ user: 'nobody' }, ['sh', '-c', script], env);
  const [uid, gid, groups, names] = outcome.lines;
  assert.ok(Number(uid) > 0 && Number(gid) > 0);
  assert.equal(groups, gid);
  assert.match(names ?? '', /^\/\S+ nobody nobody$/);
  assert.notEqual(names?.split(' ')[0], env.HOME);
});

test("HOME and USER of the profile's environment stay, and a group works without a user", async () => {
  const script = 'id -g; echo "$HOME $USER"';
  const outcome = await run({ user: '12345', group: '54321' }, ['sh', '-c', script], {
    HOME: '/srv/bot',
    USER: 'bot',
  });
  if (isRoot) assert.deepEqual(outcome.lines, ['54321', '/srv/bot bot']);
  else assert.equal(outcome.failed, 'not permitted to run as 12345: gwproxy does not run as root');
  const home = process.env.HOME ?? '/';
  const grouped = await run({ group: '54321' }, ['sh', '-c', 'id -u; id -g; echo "$HOME"'], { HOME: home });
  if (isRoot) assert.deepEqual(grouped.lines, ['0', '54321', home]);
  else assert.equal(grouped.failed, 'not permitted to run as 54321: gwproxy does not run as root');
});

test('an unknown user or group is named', async () => {
  await assert.rejects(run({ user: 'no-such-user' }, ['true']), {
    message: "user 'no-such-user' is unknown",
  });
  await assert.rejects(run({ user: '-u' }, ['true']), { message: "user '-u' is unknown" });
  await assert.rejects(run({ group: 'no-such-group' }, ['true']), {
    message: "group 'no-such-group' is unknown; a number works for groups beyond /etc/group",
  });
  await assert.rejects(run({ user: '4123456' }, ['true']), {
    message: 'user 4123456 has no group that this system knows; give it a group',
  });
});

test('the error of a script whose interpreter is missing names the interpreter', async (t) => {
  const file = join(await temporaryFolder(t), 'bot');
  await writeFile(file, '#!/old/venv/bin/python3\n', { mode: 0o755 });
  assert.equal((await run({}, [file])).failed, `${file} needs /old/venv/bin/python3, which is not there`);
});
