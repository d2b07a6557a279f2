import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { isRunning, printedPids } from '../processes.ts';
import { listener, ORDINARY, profile, statusOf, supervise } from '../support.ts';

test('hundreds of restarts leave no descriptor, timer or listener behind', async (t) => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  const { supervisor, log } = supervise(t, [
    {
      ...profile('alpha', ''),
      launch: {
        kind: 'command',
        command: [['true']],
        cwd: '/',
        env: { PATH: [process.env.PATH ?? ''] },
        envCommand: null,
        process: ORDINARY,
      },
      restart: {
        when: 'always',
        min: 0,
        max: 0,
        reset: 60_000,
        exitCodes: {},
        giveUp: { restarts: 300, within: 600_000 },
      },
    },
  ]);
  const before = (await readdir('/proc/self/fd')).length;
  supervisor.start();
  await log.first((event) => event.type === 'gateway.state' && event.state === 'failed');
  await supervisor.stop();
  assert.equal(statusOf(supervisor, 'alpha').restarts, 300);
  assert.deepEqual(warnings, []);
  const after = (await readdir('/proc/self/fd')).length;
  assert.ok(after <= before + 2, `${before} descriptors before, ${after} after`);
});

test('a daemon that keeps the pipe open is ended with its gateway', async (t) => {
  const { supervisor, log } = supervise(t, [profile('alpha', 'daemon.mjs', { listeners: [listener] })]);
  supervisor.start();
  const [daemon = 0] = await printedPids(log, 'alpha', 'daemon', 1);
  await supervisor.stop();
  assert.equal(statusOf(supervisor, 'alpha').state, 'stopped');
  assert.equal(isRunning(daemon), false);
});
