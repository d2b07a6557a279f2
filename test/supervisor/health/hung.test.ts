import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isState, listener, pidOf, profile, statusOf, supervise } from '../support.ts';

test('a gateway that lives and answers no more is restarted, and the reason is reported', async (t) => {
  const health = { ...listener.health, interval: 20, timeout: 250 };
  const { supervisor, log } = supervise(t, [
    profile('alpha', 'serve.mjs', {
      listeners: [{ ...listener, health, liveness: { kind: 'health', after: 300 } }],
      stop: { drain: 50, signal: 'SIGTERM', grace: 50 },
    }),
  ]);
  supervisor.start();
  await supervisor.settled();
  const pid = pidOf(supervisor, 'alpha');
  const again = log.next(isState('alpha', 'ready'));
  process.kill(pid, 'SIGSTOP');
  await again;
  const { generation, restarts, last_exit } = statusOf(supervisor, 'alpha');
  assert.deepEqual([generation, restarts, last_exit?.signal], [2, 1, 'SIGKILL']);
  assert.notEqual(pidOf(supervisor, 'alpha'), pid);
  const draining = log.events.find(isState('alpha', 'draining'));
  assert.ok(draining?.type === 'gateway.state');
  assert.equal(
    draining.reason,
    'listener http is hung: no healthy answer for 300ms (no answer within 250ms)',
  );
});
