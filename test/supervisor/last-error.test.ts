import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProfilePlan } from '../../src/config/types.ts';
import { temporaryFolder } from '../support/sockets.ts';
import { isState, ORDINARY, profile, statusOf, supervise } from './support.ts';

/** A gateway that runs that code and is restarted for ever. */
function running(code: string, folder = '/'): ProfilePlan {
  return {
    ...profile('alpha', ''),
    launch: {
      kind: 'command',
      command: [[process.execPath], ['--input-type=module'], ['-e'], [code]],
      cwd: folder,
      env: { BOT_TOKEN: ['c0ffee00'] },
      process: ORDINARY,
    },
    restart: { when: 'always', min: 1, max: 2, reset: 60_000, exitCodes: {}, giveUp: null },
  };
}

test('what a failed gateway wrote last stands behind its exit code, in status and events, until its next exit', async (t) => {
  const folder = await temporaryFolder(t);
  const flag = JSON.stringify(join(folder, 'flag'));
  const code = `import { existsSync, writeFileSync } from 'node:fs';
    if (existsSync(${flag})) process.exit(1);
    writeFileSync(${flag}, '');
    throw new Error('SLACK_SIGNING_SECRET is not set');`;
  const { supervisor, log } = supervise(t, [running(code, folder)]);
  supervisor.start();
  const first = await log.first(isState('alpha', 'backoff'));
  assert.ok(first.type === 'gateway.state');
  assert.equal(first.reason, 'exited with code 1: Error: SLACK_SIGNING_SECRET is not set');
  assert.equal(statusOf(supervisor, 'alpha').last_error, first.reason);
  const second = await log.next(isState('alpha', 'backoff'));
  assert.ok(second.type === 'gateway.state');
  assert.equal(second.reason, 'exited with code 1');
  await supervisor.stop();
});

test('a secret of the gateway is not shown', async (t) => {
  const { supervisor, log } = supervise(t, [
    running(`console.error('Error: ' + process.env.BOT_TOKEN + ' is refused'); process.exit(2)`),
  ]);
  supervisor.start();
  const event = await log.first(isState('alpha', 'backoff'));
  assert.ok(event.type === 'gateway.state');
  assert.match(event.reason ?? '', /^exited with code 2: \(its last line may hold a secret/);
  await supervisor.stop();
});

test('an end by a signal or with code 0 says no more than that', async (t) => {
  for (const [code, reason] of [
    [`console.error('Error: x'); process.exit(0)`, 'exited with code 0'],
    [`console.error('Error: x'); process.kill(process.pid, 'SIGKILL')`, 'ended by SIGKILL'],
  ] as const) {
    const { supervisor, log } = supervise(t, [running(code)]);
    supervisor.start();
    const event = await log.first(isState('alpha', 'backoff'));
    assert.ok(event.type === 'gateway.state');
    assert.equal(event.reason, reason);
    await supervisor.stop();
  }
});
