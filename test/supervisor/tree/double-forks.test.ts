import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ProfilePlan, Template } from '../../../src/config/types.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { python } from '../../support/python.ts';
import { fixture } from '../../support/root.ts';
import { processesWith } from '../processes.ts';
import { type Log, listener, ORDINARY, profile, supervise } from '../support.ts';

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
      envCommand: null,
      process: ORDINARY,
    },
    listeners: [{ ...listener, health: { ...listener.health, interval: 20 } }],
    restart: { when: 'always', min: 1, max: 1, reset: 1, exitCodes: {}, giveUp: null },
    stop: { drain: 1000, signal: 'SIGTERM', grace: 50 },
  });
}

/** Lists the living processes of these gateways' run, or of one of them. Those that are left are ended with the test. */
async function watched(t: TestContext, log: Log): Promise<(name?: string) => readonly number[]> {
  const isRun = (line: string): boolean => /^run [0-9a-f]{16}$/.test(line);
  await log.first((event) => event.type === 'gateway.output' && isRun(event.line));
  const [, run] =
    NAMES.flatMap((name) => log.lines(name))
      .find(isRun)
      ?.split(' ') ?? [];
  assert.ok(run);
  const living = (name?: string): readonly number[] =>
    processesWith(`GWPROXY_GATEWAY=${run}/${name === undefined ? '' : `${name}/`}`);
  t.after(() => {
    for (const pid of living()) process.kill(pid, 'SIGKILL');
  });
  return living;
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
    const living = await watched(t, log);
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
    const living = await watched(t, log);
    const left: number[] = [];
    await Promise.all(
      NAMES.map(async (name) => {
        for (let turn = 0; turn < STOPS; turn += 1) {
          await supervisor.restartProfile(name);
          await supervisor.stopProfile(name);
          left.push(...living(name));
          await supervisor.startProfile(name);
        }
      }),
    );
    await supervisor.stop();
    assert.deepEqual([...left, ...living()], []);
    assert.deepEqual(portsInUse(log), []);
  });
}
