import { DoorError } from '../../errors.ts';
import { FOREIGN_HOLDER } from '../../holder.ts';
import { hasCode } from '../../util/errno.ts';

/** undici's names for what no gateway is to blame for: the request could not even be written. */
const OWN_FAULTS = ['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'] as const;
const PROTOCOL_ERRORS = ['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'] as const;

/** Before a connection took the request: true where another try may bring it to the gateway. */
export function isConnectFailure(error: unknown): boolean {
  return !(error instanceof DoorError) && !hasCode(error, ...OWN_FAULTS);
}

/**
 * Of a request that was not sent: the idle connection that it was to take turned out to be reset. undici opens
 * another one by itself where the gateway ended it in good order, but not then. It says nothing of the gateway.
 */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'read';
}

/** What the sender hears of a gateway that got (some of) the request and gave no answer. */
export function noAnswer(error: unknown): DoorError {
  if (error instanceof DoorError) return error;
  if (hasCode(error, ...OWN_FAULTS)) {
    return new DoorError('GWPROXY_INTERNAL', 'the request could not be forwarded', { cause: error });
  }
  if (hasCode(error, 'UND_ERR_HEADERS_TIMEOUT')) {
    return new DoorError('GWPROXY_UPSTREAM_TIMEOUT', 'the gateway gave no answer in time', { cause: error });
  }
  // By name: undici 7 looks its parser's code up the wrong way round, and leaves it undefined.
  const isProtocol =
    hasCode(error, ...PROTOCOL_ERRORS) || (error instanceof Error && error.name === 'HTTPParserError');
  return new DoorError(
    'GWPROXY_UPSTREAM_UNREACHABLE',
    isProtocol
      ? 'The gateway answered with what is not HTTP.'
      : 'the gateway closed the connection unanswered',
    { cause: error, proxyStatus: isProtocol ? 'http_protocol_error' : 'connection_terminated' },
  );
}

/** What the sender hears after the last try of a connection that never came about. */
export function unreachable(error: unknown): DoorError {
  if (hasCode(error, FOREIGN_HOLDER)) {
    return new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'the gateway has let go of its port', {
      cause: error,
      retryAfter: 1,
    });
  }
  const isTimeout = hasCode(error, 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT');
  return new DoorError('GWPROXY_UPSTREAM_UNREACHABLE', 'the gateway takes no connection', {
    cause: error,
    proxyStatus: isTimeout ? 'connection_timeout' : 'connection_refused',
  });
}
