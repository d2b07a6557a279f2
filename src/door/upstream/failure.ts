import { DoorError } from '../../errors.ts';
import { FOREIGN_HOLDER } from '../../holder.ts';
import { hasCode } from '../../util/errno.ts';
import { noAnswerInTime } from './answer-deadline.ts';

/** undici's codes for requests that it could not write: no fault of the gateway. */
const OWN_FAULTS = ['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'] as const;
const PROTOCOL_ERRORS = ['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'] as const;

/** For an error before a connection accepted the request: true if another try may reach the gateway. */
export function isConnectFailure(error: unknown): boolean {
  return !(error instanceof DoorError) && !hasCode(error, ...OWN_FAULTS);
}

/**
 * Whether a request was not sent because its idle connection turned out to be reset. That says nothing about the
 * gateway. undici retries by itself only if the gateway closed the connection in good order.
 */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'read';
}

/** The error for a gateway that got some of the request and gave no answer. */
export function noAnswerError(error: unknown): DoorError {
  if (error instanceof DoorError) return error;
  if (hasCode(error, ...OWN_FAULTS)) {
    return new DoorError('GWPROXY_INTERNAL', 'the request could not be forwarded', { cause: error });
  }
  if (hasCode(error, 'UND_ERR_HEADERS_TIMEOUT')) {
    return noAnswerInTime(error);
  }
  // By name, since undici 7 leaves the code of its parser's errors undefined.
  const isProtocol =
    hasCode(error, ...PROTOCOL_ERRORS) || (error instanceof Error && error.name === 'HTTPParserError');
  return new DoorError(
    'GWPROXY_UPSTREAM_UNREACHABLE',
    isProtocol
      ? 'the gateway gave an answer that is not HTTP'
      : 'the gateway closed the connection without an answer',
    { cause: error, proxyStatus: isProtocol ? 'http_protocol_error' : 'connection_terminated' },
  );
}

/** The error after the last try if no connection could be opened. */
export function unreachableError(error: unknown): DoorError {
  if (hasCode(error, FOREIGN_HOLDER)) {
    return new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'the gateway no longer holds its port', {
      cause: error,
      retryAfter: 1,
    });
  }
  const isTimeout = hasCode(error, 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT');
  return new DoorError('GWPROXY_UPSTREAM_UNREACHABLE', 'the gateway accepts no connection', {
    cause: error,
    proxyStatus: isTimeout ? 'connection_timeout' : 'connection_refused',
  });
}
