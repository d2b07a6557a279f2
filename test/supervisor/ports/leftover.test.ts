import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { fixture } from '../../support/root.ts';
import { PROGRAM } from '../children.ts';
import { isRunning, markOf } from '../processes.ts';
import { foreignServer, listener, pidOf, profile, statusOf, supervise } from '../support.ts';

/** A process on that port with that mark, which no gateway has started: as if it had escaped when its gateway ended. */
async function escaped(t: TestContext, port: number, mark: string): Promise<number> {
  const child = spawn(process.execPath, [fixture('gateways', 'serve.mjs')], {
    env: { PATH: process.env.PATH, PORT: String(port), GWPROXY_GATEWAY: mark },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  assert.ok(child.pid);
  for (let up = false; !up; ) {
    up = await fetch(`http://127.0.0.1:${port}/health`).then(
      () => true,
      () => false,
    );
  }
  return child.pid;
}

/** A free port of a gateway that has run once on it, and the mark that its processes had. */
async function stopped(t: TestContext, name = 'alpha') {
  const { port, server } = await foreignServer(t);
  server.close();
  await once(server, 'close');
  const profiles = ['alpha', 'beta'].map((each) =>
    profile(each, 'serve.mjs', {
      listeners: [{ ...listener, port: each === 'alpha' ? port : 'auto' }],
      restart: { when: 'never', min: 1, max: 1, reset: 1, exitCodes: {}, giveUp: null },
    }),
  );
  const { supervisor, log } = supervise(t, profiles);
  supervisor.start();
  await supervisor.settled();
  const mark = markOf(pidOf(supervisor, name));
  await supervisor.stopProfile('alpha');
  return { supervisor, log, port, mark };
}

// Without /proc nobody knows which process holds a port.
if (HAS_PROC) {
  test('a port that a process of an earlier generation holds is freed, not blamed, and that is reported', async (t) => {
    const { supervisor, log, port, mark } = await stopped(t);
    const pid = await escaped(t, port, mark);
    await supervisor.startProfile('alpha');
    assert.equal(isRunning(pid), false);
    assert.equal(statusOf(supervisor, 'alpha').state, 'ready');
    assert.deepEqual(
      log.events.filter(({ type }) => type === 'run.leftover'),
      [{ type: 'run.leftover', profiles: ['alpha'], processes: 1, survivors: 0, port }],
    );
  });

  for (const [whose, change] of [
    ["another profile's", (_mark: string, other: string) => other],
    ['a made-up', (mark: string) => mark.replace(/\/1\//, '/2/')],
  ] as const) {
    test(`a process with ${whose} mark on the port is named, and not ended`, async (t) => {
      const { supervisor, log, port, mark } = await stopped(t);
      const pid = await escaped(t, port, change(mark, markOf(pidOf(supervisor, 'beta'))));
      await assert.rejects(supervisor.startProfile('alpha'), ({ message }: Error) =>
        message.startsWith(
          `alpha is not ready: port ${port} is in use by ${PROGRAM} (pid ${pid}), which bears the mark of profile `,
        ),
      );
      assert.equal(isRunning(pid), true);
      assert.ok(!log.events.some(({ type }) => type === 'run.leftover'));
    });
  }
}
