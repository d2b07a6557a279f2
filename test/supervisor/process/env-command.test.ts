import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Launch } from '../../../src/config/types.ts';
import { runEnvCommand } from '../../../src/supervisor/process/env-command.ts';
import { temporaryFolder } from '../../support/sockets.ts';
import { isRunning, until } from '../processes.ts';
import { ORDINARY } from '../support.ts';

const LIMITS = { timeout: 20_000, bytes: 1024 * 1024 };

type CommandLaunch = Extract<Launch, { readonly kind: 'command' }>;

/** A launch whose env_command is that text for sh(1). */
function launch(script: string, changes: Partial<CommandLaunch> = {}): CommandLaunch {
  return {
    kind: 'command',
    command: [['node']],
    cwd: '/',
    env: { PATH: [process.env.PATH ?? ''], GIVEN: ['given'], PORT_OF: [{ port: 'main' }] },
    envCommand: { command: ['/bin/sh', '-c', script], kept: [] },
    process: ORDINARY,
    ...changes,
  };
}

function run(one: CommandLaunch, limits = LIMITS, signal = new AbortController().signal) {
  const pids: number[] = [];
  const ended: number[] = [];
  const options = {
    signal,
    started: ({ pid }: { readonly pid: number }) => pids.push(pid),
    ended: (pid: number) => ended.push(pid),
  };
  return { pids, ended, result: runEnvCommand(one, 'mark-of-a-test', options, limits) };
}

async function reasonOf(result: ReturnType<typeof runEnvCommand>): Promise<string> {
  const got = await result;
  return got.ok ? 'it succeeded' : got.reason;
}

test('what it prints becomes variables, by the rules of an env_file', async () => {
  const script = `printf '%s\\n' '# of a store' 'A="two\\nlines"' "export B='#1'" C= "G=$GIVEN" "P=[$PORT_OF]"; echo hidden >&2`;
  const { result, pids, ended } = run(launch(script));
  assert.deepEqual(await result, {
    ok: true,
    values: new Map([
      ['A', 'two\nlines'],
      ['B', '#1'],
      ['C', ''],
      ['G', 'given'],
      ['P', '[]'],
    ]),
  });
  assert.deepEqual(ended, pids);
});

test('a profile without one has no variables of it, and nothing is run', async () => {
  const { result, pids } = run(launch('exit 1', { envCommand: null }));
  assert.deepEqual(await result, { ok: true, values: new Map() });
  assert.deepEqual(pids, []);
});

test('any values arrive whole, however long, as they are quoted', async (t) => {
  const folder = await temporaryFolder(t);
  const value = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !/['\0\r]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 4 }), async (values) => {
      const lines = values.map((text, index) => `V${index}='${text}'\n`);
      await writeFile(join(folder, 'out'), lines.join(''));
      const got = await run(launch(`cat ${join(folder, 'out')}`)).result;
      assert.ok(got.ok);
      assert.deepEqual([...got.values.values()], values);
    }),
    { numRuns: 15 },
  );
  // Longer than is read in one go: the rest is read after it has exited.
  const long = 'x'.repeat(1_000_000);
  await writeFile(join(folder, 'out'), `LONG=${long}\nLAST=1\n`);
  const got = await run(launch(`cat ${join(folder, 'out')}`)).result;
  assert.ok(got.ok);
  assert.deepEqual([got.values.get('LONG')?.length, got.values.get('LAST')], [long.length, '1']);
});

test('why it failed is its exit and the last words of its stderr, and never its output', async () => {
  for (const [script, reason] of [
    [
      'echo A=invented-secret; echo "error: the vault is sealed" >&2; exit 4',
      'ended with exit code 4: error: the vault is sealed',
    ],
    [
      'echo A=invented-secret; echo "TOKEN=invented-secret is wrong" >&2; exit 1',
      'ended with exit code 1: (its last line may hold a secret, so it is not shown)',
    ],
    [
      'echo RECOVERY_PHRASE=horse-battery; echo "error: horse-battery is refused" >&2; exit 1',
      'ended with exit code 1: (its last line may hold a secret, so it is not shown)',
    ],
    [
      'echo "  no-name-at-all"; echo "error: no-name-at-all is refused" >&2; exit 1',
      'ended with exit code 1: (its last line may hold a secret, so it is not shown)',
    ],
    [
      'echo LOG=debug; echo "error: no debug port" >&2; exit 1',
      'ended with exit code 1: error: no debug port',
    ],
    ['echo A=invented-secret; exit 1', 'ended with exit code 1'],
    ['echo error: invented-secret; exit 1', 'ended with exit code 1'],
    ['echo A=invented-secret; kill -9 $$', 'was ended by SIGKILL'],
    ['echo A=1; echo invented-secret', 'printed a bad line 2: must be KEY=VALUE, a comment or blank'],
    [`printf '\\377'`, 'printed what is not UTF-8'],
  ] as const) {
    assert.equal(await reasonOf(run(launch(script)).result), `its env_command ${reason}`);
  }
  const missing = launch('', { envCommand: { command: ['/none/such'], kept: [] } });
  assert.equal(
    await reasonOf(run(missing).result),
    'its env_command cannot be run: command not found: /none/such',
  );
});

test('one that prints too much is ended at once', async () => {
  const began = performance.now();
  const { result, pids } = run(launch('yes A=1'), { timeout: 60_000, bytes: 64 * 1024 });
  assert.equal(await reasonOf(result), 'its env_command printed more than 64 KiB');
  assert.ok(performance.now() - began < 30_000);
  assert.equal(isRunning(pids[0] ?? 0), false);
});

/** A script that writes the pid of a child in a session of its own, and then hangs. */
async function hanging(t: TestContext) {
  const file = join(await temporaryFolder(t), 'pid');
  const script = `setsid sh -c 'echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 1000' & echo A=1; sleep 1000`;
  const pid = (): number => {
    try {
      return Number(readFileSync(file, 'utf8'));
    } catch {
      return 0;
    }
  };
  return { script, pid };
}

test('one that does not end in time is ended with all that it started', async (t) => {
  const { script, pid } = await hanging(t);
  const { result, pids } = run(launch(script), { ...LIMITS, timeout: 1500 });
  await until('its child runs', () => pid() > 0, 20_000);
  assert.equal(await reasonOf(result), 'its env_command did not end within 1.5 s');
  assert.deepEqual([isRunning(pids[0] ?? 0), isRunning(pid())], [false, false]);
});

test('one that is not wanted any more is ended with all that it started', async (t) => {
  const { script, pid } = await hanging(t);
  const wanted = new AbortController();
  const { result } = run(launch(script), LIMITS, wanted.signal);
  await until('its child runs', () => pid() > 0, 20_000);
  wanted.abort();
  assert.equal(await reasonOf(result), 'its env_command was ended before it was done');
  assert.equal(isRunning(pid()), false);
});
