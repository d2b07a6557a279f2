import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfileStatus } from '../../../src/admin/status.ts';
import { failureText, pendingText, startProgress } from '../../../src/cli/progress/start-progress.ts';

const STATUS: ProfileStatus = {
  name: 'bot',
  state: 'starting',
  pid: 1,
  uptime_s: 6,
  restarts: 0,
  desired: 'up',
  generation: 1,
  last_exit: null,
  schedule: null,
  next_start_at: null,
  restart_requested: false,
  last_error: 'not ready yet: http on port 18641: its health path answered 302',
  listeners: [],
  rss_bytes: null,
  in_flight: 0,
  held: 0,
  requests: 0,
  broken_reuse: 0,
  spooled: 0,
  dead: 0,
  lost: 0,
  dropped_lines: 0,
};

test('the progress says why a start takes long, once it does', () => {
  assert.equal(pendingText(STATUS), 'starting: http on port 18641: its health path answered 302');
  assert.equal(pendingText({ ...STATUS, uptime_s: 4 }), 'starting');
  assert.equal(pendingText({ ...STATUS, last_error: null }), 'starting');
  // No process is spawned while its port is awaited.
  const last_error = 'port 18641 is not free yet: a connection on it has ended';
  assert.equal(pendingText({ ...STATUS, uptime_s: null, last_error }), `starting: ${last_error}`);
  assert.equal(pendingText({ ...STATUS, state: 'stopped' }), 'waiting');
});

test('a gateway whose exit code asked for a restart is still awaited, and one in backoff has failed', () => {
  const waiting = {
    ...STATUS,
    state: 'backoff',
    restart_requested: true,
    last_error: 'exited with code 75',
  } as const;
  const crashed = { ...waiting, name: 'other', restart_requested: false };
  const { failed, pending } = startProgress([waiting, crashed]);
  assert.deepEqual(
    [pending, failed],
    [[{ name: 'bot', state: 'backoff' }], [{ name: 'other', reason: 'exited with code 75' }]],
  );
});

test('a failure is shown with its state and its reason', () => {
  const last_error = 'exited with code 1: Error: x';
  assert.equal(failureText({ ...STATUS, state: 'failed', last_error }), `bot has failed: ${last_error}`);
  assert.equal(
    failureText({ ...STATUS, state: 'backoff', last_error }),
    `bot is not ready (backoff): ${last_error}`,
  );
  const unready = { ...STATUS, state: 'unready', last_error: 'not ready: http' } as const;
  assert.equal(failureText(unready), 'bot is not ready (unready): http');
});
