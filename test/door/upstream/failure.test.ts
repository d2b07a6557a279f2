import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from 'undici';
import { isConnectFailure, noAnswerError, unreachableError } from '../../../src/door/upstream/failure.ts';
import { DoorError } from '../../../src/errors.ts';

function system(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test('a connection that could not be opened may be tried again; a request that cannot be written may not', () => {
  for (const code of ['ECONNREFUSED', 'ETIMEDOUT', 'ENOENT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED']) {
    assert.equal(isConnectFailure(system(code)), true, code);
  }
  assert.equal(isConnectFailure(new errors.InvalidArgumentError('invalid request path')), false);
  assert.equal(isConnectFailure(new errors.NotSupportedError('x')), false);
  assert.equal(isConnectFailure(new DoorError('GWPROXY_BODY_TOO_LARGE', 'x')), false);
});

test('each way to fail has one answer', () => {
  const cases = [
    [new errors.HeadersTimeoutError(), 504, 'http_response_timeout'],
    [new errors.SocketError('other side closed'), 502, 'connection_terminated'],
    [system('ECONNRESET'), 502, 'connection_terminated'],
    [new errors.ResponseContentLengthMismatchError(), 502, 'http_protocol_error'],
    [new errors.HeadersOverflowError(), 502, 'http_protocol_error'],
    [new errors.InvalidArgumentError('x'), 500, 'proxy_internal_error'],
    [new DoorError('GWPROXY_BODY_TOO_LARGE', 'x'), 413, 'http_request_denied'],
  ] as const;
  for (const [error, status, proxyStatus] of cases) {
    const answer = noAnswerError(error);
    assert.deepEqual([answer.status, answer.proxyStatus], [status, proxyStatus], error.message);
  }
  assert.equal(unreachableError(system('ECONNREFUSED')).proxyStatus, 'connection_refused');
  assert.equal(unreachableError(new errors.ConnectTimeoutError()).proxyStatus, 'connection_timeout');
});
