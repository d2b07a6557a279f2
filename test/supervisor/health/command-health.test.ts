import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HealthCommand, ProfilePlan } from '../../../src/config/types.ts';
import { temporaryFolder } from '../../support/sockets.ts';
import { isRunning, processesWith, until } from '../processes.ts';
import { FakeDoor, isState, planOf, profile, statusOf, supervise } from '../support.ts';

const TIMING = { interval: 50, timeout: 20_000, failures: 2, successes: 1, restartAfter: null };

/** A bot without a port whose health command is that text for sh(1), in a folder that both know as FOLDER. */
async function watched(
  t: TestContext,
  script: string,
  health: Partial<HealthCommand> = {},
  changes: Partial<ProfilePlan> = {},
): Promise<{ readonly plan: ProfilePlan; readonly folder: string }> {
  const folder = await temporaryFolder(t);
  const plan = profile('alpha', 'worker.mjs', {
    listeners: [],
    ready: { kind: 'command', health: { command: ['/bin/sh', '-c', script], ...TIMING, ...health } },
    env: { FOLDER: [folder], PATH: [process.env.PATH ?? ''] },
    ...changes,
  });
  return { plan, folder };
}

/** The lines of that file in its folder. The command may just be writing the last one. */
function lines(folder: string, name: string): readonly string[] {
  try {
    return readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

const WITHIN = 20_000;

test('a bot is ready while its health command exits with 0, and says why it is not', async (t) => {
  const { plan, folder } = await watched(t, '[ -e "$FOLDER/well" ] || { echo no heartbeat >&2; exit 3; }');
  const { supervisor, log } = supervise(t, [plan]);
  const door = new FakeDoor('door', supervisor.port);
  supervisor.addDoor(door);
  supervisor.start();
  const failing = 'not ready yet: its health command exited with code 3: no heartbeat';
  await until('it fails', () => statusOf(supervisor, 'alpha').last_error === failing, WITHIN);
  await writeFile(join(folder, 'well'), '');
  await log.first(isState('alpha', 'ready'));
  assert.equal(statusOf(supervisor, 'alpha').last_error, null);
  await rm(join(folder, 'well'));
  await log.first(isState('alpha', 'unready'));
  assert.equal(
    statusOf(supervisor, 'alpha').last_error,
    'not ready: its health command exited with code 3: no heartbeat',
  );
  const again = log.next(isState('alpha', 'ready'));
  await writeFile(join(folder, 'well'), '');
  await again;
  assert.equal(statusOf(supervisor, 'alpha').restarts, 0);
});

test('of a health command its errors are shown, without a secret, and never its standard output', async (t) => {
  const variable = `echo 'RECOVERY_PHRASE=horse-battery-staple'`;
  for (const [script, reason] of [
    ['echo "3 users, of them ada"; echo "error: of ada"; exit 1', 'exited with code 1'],
    [
      'echo "cannot open: $RECOVERY_PHRASE" >&2; exit 1',
      'exited with code 1: (the line that says why may hold a secret, so it is only in its log)',
    ],
  ] as const) {
    const { plan } = await watched(t, script);
    assert.ok(plan.launch.kind === 'command');
    const envCommand = { command: ['/bin/sh', '-c', variable], kept: [] } as const;
    const { supervisor } = supervise(t, [{ ...plan, launch: { ...plan.launch, envCommand } }]);
    supervisor.start();
    await until('it fails', () => statusOf(supervisor, 'alpha').last_error !== null, WITHIN);
    assert.equal(statusOf(supervisor, 'alpha').last_error, `not ready yet: its health command ${reason}`);
    await supervisor.stop();
  }
});

test('a bot whose health command fails for too long is restarted, one that never succeeded has failed to start', async (t) => {
  const once = '[ "$(cat "$FOLDER/runs" 2>/dev/null | wc -l)" -lt 1 ] && echo run >>"$FOLDER/runs"';
  const hangs = await watched(t, once, { restartAfter: 100 });
  const never = await watched(t, 'exit 1', {}, { startTimeout: 1000 });
  const { supervisor, log } = supervise(t, [hangs.plan, { ...never.plan, name: 'never' }]);
  const failed = log.first(isState('never', 'backoff'));
  supervisor.start();
  await log.first(isState('alpha', 'stopping'));
  const { last_error: error } = statusOf(supervisor, 'alpha');
  assert.equal(error, 'it hangs: no healthy answer for 100ms (its health command exited with code 1)');
  await until('a restart', () => statusOf(supervisor, 'alpha').restarts === 1, WITHIN);
  await failed;
  assert.equal(
    statusOf(supervisor, 'never').last_error,
    'its health command did not succeed within 1s (its health command exited with code 1); its last line: up without PORT',
  );
});

test('the command has the environment, folder and limits of the bot, and a mark of its own', async (t) => {
  const { plan, folder } = await watched(
    t,
    'echo "$SECRET $(pwd) $(umask) port:$PORT $GWPROXY_GATEWAY" >"$FOLDER/seen"',
  );
  assert.ok(plan.launch.kind === 'command');
  const launch = {
    ...plan.launch,
    cwd: folder,
    env: { ...plan.launch.env, SECRET: ['of the bot'] },
    process: { ...plan.launch.process, umask: 0o027 },
  };
  const { supervisor } = supervise(t, [{ ...plan, launch }]);
  supervisor.start();
  await supervisor.settled();
  const [seen = ''] = lines(folder, 'seen');
  assert.ok(seen.startsWith(`of the bot ${folder} 0027 port: `), seen);
  const mark = seen.split(' ').at(-1) ?? '';
  assert.match(mark, /^[0-9a-f]{16}\/alpha\/1\/[0-9a-f]{32}$/);
  assert.deepEqual(
    processesWith(mark),
    [],
    'the bot has another mark, so that to end the command does not end the bot',
  );
});

test('a command that hangs is killed with all that it started, and never runs twice at once', async (t) => {
  const script =
    'echo "begin $$" >>"$FOLDER/log"; sleep 1000 & echo "child $!" >>"$FOLDER/log"; setsid sleep 1000 & wait';
  const { plan, folder } = await watched(t, script, { timeout: 300 });
  const { supervisor } = supervise(t, [plan]);
  supervisor.start();
  const late = 'not ready yet: its health command did not end within 300ms';
  await until('it is late', () => statusOf(supervisor, 'alpha').last_error === late, WITHIN);
  const begun = (): readonly string[] => lines(folder, 'log').filter((line) => line.startsWith('begin '));
  const runsThrice = (): boolean => {
    const living = begun().filter((line) => isRunning(Number(line.split(' ')[1])));
    assert.ok(living.length <= 1, 'two run at once');
    return begun().length >= 3;
  };
  await until('three runs', runsThrice, WITHIN);
  await supervisor.stop();
  const pids = lines(folder, 'log').map((line) => Number(line.split(' ')[1]));
  assert.deepEqual(pids.filter(isRunning), []);
  assert.deepEqual(processesWith(`FOLDER=${folder}`), []);
});

test('what a command leaves behind in a session of its own is ended before the next one', async (t) => {
  const { plan, folder } = await watched(t, 'setsid sleep 1000 & echo run >>"$FOLDER/log"');
  const { supervisor } = supervise(t, [plan]);
  supervisor.start();
  await supervisor.settled();
  await until('three runs', () => lines(folder, 'log').length >= 3, WITHIN);
  // The bot's own process, and what one run has left until the next.
  const sleeping = processesWith(`FOLDER=${folder}`).length;
  assert.ok(sleeping <= 4, `${sleeping} processes`);
  await supervisor.stop();
  assert.deepEqual(processesWith(`FOLDER=${folder}`), []);
});

test('a changed command counts from now on, and a bot that is ready stays so meanwhile', async (t) => {
  const { plan, folder } = await watched(t, 'echo old >>"$FOLDER/log"');
  const { supervisor, log } = supervise(t, [plan]);
  supervisor.start();
  await supervisor.settled();
  assert.ok(plan.ready.kind === 'command');
  const health = { ...plan.ready.health, command: ['/bin/sh', '-c', 'echo new >>"$FOLDER/log"'] as const };
  const changed: ProfilePlan = { ...plan, ready: { kind: 'command', health } };
  const change = { profile: 'alpha', how: 'update', fields: ['health'] } as const;
  const diff = { added: [], removed: [], replaced: [], changed: [change], settings: [], listen: false };
  supervisor.apply(planOf([changed]), diff);
  await until('the new command', () => lines(folder, 'log').at(-1) === 'new', WITHIN);
  assert.deepEqual(log.states('alpha'), ['starting', 'ready']);
});
