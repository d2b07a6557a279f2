import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consumePassedSocket } from '../../../src/cli/up/socket-activation.ts';
import { CommandError, EXIT } from '../../../src/errors.ts';

test('one socket passed to this process is fd 3, and its variables are removed', () => {
  const env = {
    LISTEN_PID: '42',
    LISTEN_FDS: '1',
    LISTEN_FDNAMES: 'door',
    LISTEN_PIDFDID: '7',
    PATH: '/bin',
  };
  assert.equal(consumePassedSocket(env, 42), 3);
  assert.deepEqual(env, { PATH: '/bin' });
});

test('sockets passed to another process, or none, are ignored, and the variables are removed too', () => {
  const others: readonly NodeJS.ProcessEnv[] = [
    {},
    { LISTEN_FDS: '1' },
    { LISTEN_PID: '42' },
    { LISTEN_PID: '41', LISTEN_FDS: '1' },
    { LISTEN_PID: '042', LISTEN_FDS: '1' },
    { LISTEN_PID: '41', LISTEN_FDS: '2' },
    { LISTEN_PID: '42', LISTEN_FDS: '0' },
  ];
  for (const env of others) {
    assert.equal(consumePassedSocket(env, 42), null);
    assert.deepEqual(env, {});
  }
});

test('several sockets are refused, and the message says what to write instead', () => {
  for (const passed of ['2', 'x', '']) {
    assert.throws(
      () => consumePassedSocket({ LISTEN_PID: '42', LISTEN_FDS: passed }, 42),
      (error) =>
        error instanceof CommandError &&
        error.exitCode === EXIT.usage &&
        /single ListenStream=/.test(error.message),
    );
  }
});
