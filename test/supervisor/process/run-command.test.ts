import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../../../src/supervisor/process/run-command.ts';
import { ORDINARY } from '../support.ts';

function run(script: string, timeout: number, started = () => {}) {
  const env = { PATH: process.env.PATH ?? '' };
  const secret = new Set<string>();
  const command = { file: '/bin/sh', args: ['-c', script], cwd: '/', env, secret, process: ORDINARY };
  const { signal } = new AbortController();
  return runCommand(command, 'mark-of-a-test', { timeout, signal, started, ended() {} });
}

test('a command that has ended in time is not late, also if gwproxy was stopped until its timeout was over', async () => {
  const result = await run('sleep 0.2', 2000, () => {
    // Nothing of gwproxy runs meanwhile, as after SIGSTOP.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3500);
  });
  assert.ok(result.kind === 'exited', result.kind);
  assert.equal(result.code, 0);
});

test('a command that still runs after gwproxy was stopped gets as long again at most', async () => {
  const result = await run('sleep 300', 500, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  });
  assert.equal(result.kind, 'late');
});
