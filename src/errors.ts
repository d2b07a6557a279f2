/**
 * Every error that the door answers a request with: its code (stable, since users' scripts rely on it), its HTTP
 * status, its title, and the RFC 9209 §2.3 error type in Proxy-Status.
 */
const DOOR_ERRORS = {
  GWPROXY_BODY_TOO_LARGE: { status: 413, title: 'Body too large', proxyStatus: 'http_request_denied' },
  GWPROXY_HEADERS_TOO_LARGE: { status: 431, title: 'Headers too large', proxyStatus: 'http_request_denied' },
  GWPROXY_BODY_INVALID: { status: 400, title: 'Body invalid', proxyStatus: 'http_request_error' },
  GWPROXY_AMBIGUOUS_KEY: { status: 400, title: 'Ambiguous route key', proxyStatus: 'http_request_denied' },
  GWPROXY_REQUEST_INVALID: { status: 400, title: 'Request invalid', proxyStatus: 'http_request_error' },
  GWPROXY_UNVERIFIED: { status: 401, title: 'Not verified', proxyStatus: 'http_request_denied' },
  GWPROXY_METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    proxyStatus: 'http_request_denied',
  },
  GWPROXY_REQUEST_TIMEOUT: { status: 408, title: 'Request timeout', proxyStatus: 'http_request_error' },
  GWPROXY_ENCODING: { status: 415, title: 'Content encoding refused', proxyStatus: 'http_request_denied' },
  GWPROXY_RATE_LIMITED: { status: 429, title: 'Too many requests', proxyStatus: 'http_request_denied' },
  GWPROXY_NO_ROUTE: { status: 404, title: 'No route', proxyStatus: 'destination_not_found' },
  GWPROXY_UPSTREAM_NOT_READY: {
    status: 503,
    title: 'Gateway not ready',
    proxyStatus: 'destination_unavailable',
  },
  GWPROXY_MIXED_BATCH: {
    status: 503,
    title: 'Batch for several bots',
    proxyStatus: 'http_request_denied',
  },
  GWPROXY_FAN_OUT_INCOMPLETE: {
    status: 503,
    title: 'Not taken by all',
    proxyStatus: 'destination_unavailable',
  },
  GWPROXY_OVERLOADED: { status: 503, title: 'Overloaded', proxyStatus: 'proxy_internal_response' },
  GWPROXY_UPSTREAM_UNREACHABLE: {
    status: 502,
    title: 'Gateway unreachable',
    proxyStatus: 'connection_terminated',
  },
  GWPROXY_UPSTREAM_TIMEOUT: { status: 504, title: 'Gateway timeout', proxyStatus: 'http_response_timeout' },
  GWPROXY_INTERNAL: { status: 500, title: 'Internal error', proxyStatus: 'proxy_internal_error' },
} as const;

export type DoorErrorCode = keyof typeof DOOR_ERRORS;

/** Error types of RFC 9209 §2.3: the default of each code, and more precise ones that replace it. */
export type ProxyStatusError =
  | (typeof DOOR_ERRORS)[DoorErrorCode]['proxyStatus']
  | 'connection_refused'
  | 'connection_timeout'
  | 'http_protocol_error'
  | 'http_upgrade_failed';

export interface DoorErrorOptions {
  readonly cause?: unknown;
  /** Whole seconds; sent as Retry-After. */
  readonly retryAfter?: number;
  /** Replaces the code's default. */
  readonly proxyStatus?: ProxyStatusError;
  /** Sent as WWW-Authenticate (RFC 9110 §11.6.1). */
  readonly challenge?: string;
}

/**
 * An error that the door answers instead of a gateway. The sender reads `detail`, so it never holds a profile's name, an
 * internal address, or a part of a body.
 */
export class DoorError extends Error {
  readonly code: DoorErrorCode;
  readonly retryAfter: number | undefined;
  readonly proxyStatus: ProxyStatusError;
  readonly challenge: string | undefined;

  constructor(code: DoorErrorCode, detail: string, options: DoorErrorOptions = {}) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'DoorError';
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.challenge = options.challenge;
    this.proxyStatus = options.proxyStatus ?? DOOR_ERRORS[code].proxyStatus;
  }

  get status(): number {
    return DOOR_ERRORS[this.code].status;
  }

  get title(): string {
    return DOOR_ERRORS[this.code].title;
  }
}

/** Exit codes of the command line, from sysexits.h where it has a fitting one. Documented in the README. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notRunning: 69,
  cannotServe: 70,
  alreadyRunning: 73,
  invalidConfig: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command: the user reads the message, scripts see the exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
