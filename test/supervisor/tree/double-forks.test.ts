import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import type { ProfilePlan, Template } from '../../../src/config/types.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { fixture } from '../../support/root.ts';
import { markOf, processesWith } from '../processes.ts';
import { type Log, listener, ORDINARY, pidOf, profile, supervise } from '../support.ts';

/** The interpreter itself: a version manager's `python3` is a shell script, which takes ten times as long to start. */
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

/** Double forks of each gateway: 200 in all. */
const RESTARTS = 50;
const STOPS = 10;
const NAMES = ['alpha', 'beta', 'gamma', 'delta'];

function forking(name: string, env: Readonly<Record<string, Template>>): ProfilePlan {
  return profile(name, 'serve.mjs', {
    launch: {
      kind: 'command',
      command: [[python], [fixture('gateways', 'double-fork.py')]],
      cwd: fixture(),
      env,
      process: ORDINARY,
    },
    listeners: [{ ...listener, health: { ...listener.health, interval: 20 } }],
    restart: { when: 'always', min: 1, max: 1, reset: 1, exitCodes: {}, giveUp: null },
    stop: { drain: 1000, signal: 'SIGTERM', grace: 50 },
  });
}

/** The processes of these gateways' run. Those that were found are ended with the test. */
function watched(t: TestContext, supervisor: Supervisor): { readonly living: () => readonly number[] } {
  const mark = markOf(pidOf(supervisor, NAMES[0] ?? '')).split('/')[0] ?? '';
  assert.ok(mark.length >= 16);
  const living = (): readonly number[] => processesWith(`GWPROXY_GATEWAY=${mark}/`);
  t.after(() => {
    for (const pid of living()) process.kill(pid, 'SIGKILL');
  });
  return { living };
}

/** The reasons of failed starts whose port was in use. */
function portsInUse(log: Log): readonly string[] {
  return log.events.flatMap((event) =>
    event.type === 'gateway.state' && event.reason?.includes('in use') ? [event.reason] : [],
  );
}

// Without /proc, processes that leave their group are not found.
if (HAS_PROC) {
  test('200 gateways that restart themselves by forking twice leave no process and no port', async (t) => {
    const { supervisor, log } = supervise(
      t,
      NAMES.map((name) => forking(name, { AFTER: ['0.01'] })),
    );
    supervisor.start();
    await log.first((event) => event.type === 'gateway.state' && event.pid !== null);
    const { living } = watched(t, supervisor);
    const exits = (name: string): number =>
      log.events.filter((event) => event.type === 'gateway.exit' && event.profile === name).length;
    for (const name of NAMES) {
      while (exits(name) < RESTARTS) await log.next((event) => event.type === 'gateway.exit');
    }
    await supervisor.stop();
    assert.deepEqual(living(), []);
    assert.deepEqual(portsInUse(log), []);
  });

  test('gateways that fork twice when they are stopped or restarted leave no process', async (t) => {
    const { supervisor, log } = supervise(
      t,
      NAMES.map((name) => forking(name, {})),
    );
    supervisor.start();
    await supervisor.settled();
    const { living } = watched(t, supervisor);
    const left: number[] = [];
    await Promise.all(
      NAMES.map(async (name) => {
        for (let turn = 0; turn < STOPS; turn += 1) {
          await supervisor.restartProfile(name);
          await supervisor.stopProfile(name);
          left.push(...living().filter((pid) => markOf(pid).includes(`/${name}/`)));
          await supervisor.startProfile(name);
        }
      }),
    );
    await supervisor.stop();
    assert.deepEqual([...left, ...living()], []);
    assert.deepEqual(portsInUse(log), []);
  });
}
