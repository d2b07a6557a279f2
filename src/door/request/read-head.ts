import { DoorError } from '../../errors.ts';
import { SENDER_HEADERS } from '../../routing/sender-headers.ts';
import { checkPath } from '../../routing/target-path.ts';
import { METHODS } from '../http/methods.ts';
import { Head } from './head.ts';
import { readTarget } from './request-target.ts';

/** The head as Node's parser returns it. */
export interface ReceivedHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that must not be repeated: the gateway might use the other value. */
const ONCE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'expect',
  ...SENDER_HEADERS,
]);

/** Headers that Connection must not name, since they decide the route, the framing, or who the sender is. */
const FORBIDDEN_IN_CONNECTION =
  /^(?:host|cookie|date|expect|forwarded|transfer-encoding|x-request-id|x-real-ip|(?:content|x-forwarded)-.*)$/;

/** Headers that must not be written with '_': a CGI-like gateway (WSGI, Rack) reads that as the same header. */
const UNDERSCORED =
  /^(?:host|forwarded|transfer-encoding|x-request-id|x-real-ip|(?:content|x-forwarded)-.*)$/;

/**
 * Reads a head that has one meaning, or throws the DoorError that refuses it: HTTP that two parsers may read in
 * two ways is never repaired (RFC 9112 §11.2). Node's parser refuses much of it before (a repeated
 * Content-Length, Content-Length with Transfer-Encoding, obs-fold). Every version accepts a missing or repeated Host,
 * HTTP/0.9 and HTTP/2.0 in the request line, and 'gzip, chunked' and chunked in HTTP/1.0; Node 20 also accepts an empty
 * Transfer-Encoding.
 */
export function readHead(received: ReceivedHead): Head {
  const method = received.method ?? '';
  if (received.httpVersion !== '1.1' && received.httpVersion !== '1.0') {
    throw invalid('the HTTP version is neither 1.1 nor 1.0');
  }
  const raw = received.rawHeaders;
  const names: string[] = [];
  let host: string | undefined;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connectionNames: Set<string> | null = null;
  let underscored: Set<string> | null = null;
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    if (ONCE.has(name)) {
      if (names.includes(name)) throw invalid(`${name} is repeated`);
      if (name === 'host') host = value;
      else if (name === 'content-length') contentLength = value;
      else if (name === 'transfer-encoding') transferEncoding = value;
      else if (name === 'expect' && value.toLowerCase() !== '100-continue') {
        throw invalid('Expect is not 100-continue');
      }
    } else if (name === 'connection') {
      connectionNames = readConnection(value, connectionNames);
    } else if (name.includes('_')) {
      underscored = readUnderscored(name, underscored);
    }
    names.push(name);
  }
  if (host === undefined) throw invalid('Host is missing');
  if (!HOST.test(host)) throw invalid('Host is not a name or address with an optional port');
  const length = readLength(contentLength, transferEncoding, received.httpVersion);
  // Checked after the framing, whose faults close the connection: a 405 keeps it open for the next request.
  if (!METHODS.includes(method)) {
    throw new DoorError('GWPROXY_METHOD_NOT_ALLOWED', `the allowed methods are ${METHODS.join(', ')}`);
  }
  const target = readTarget(received.url ?? '', host);
  if (!target.ok) throw invalid(target.detail);
  const { path, search } = target;
  const refusal = checkPath(path);
  if (refusal !== undefined) throw invalid(refusal);
  return new Head({ method, path, search, host, raw, names, connectionNames, underscored, length });
}

function readLength(
  contentLength: string | undefined,
  transferEncoding: string | undefined,
  version: string,
): number | 'chunked' {
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) throw invalid('Content-Length and Transfer-Encoding are both present');
    if (version === '1.0') throw invalid('HTTP/1.0 has no Transfer-Encoding');
    if (transferEncoding.toLowerCase() !== 'chunked') throw invalid("Transfer-Encoding is not 'chunked'");
    return 'chunked';
  }
  if (contentLength === undefined) return 0;
  if (!/^\d{1,15}$/.test(contentLength)) throw invalid('Content-Length is not a number');
  return Number(contentLength);
}

/**
 * Adds the header names in one Connection header (RFC 9110 §7.6.1), but not its tokens close, keep-alive and upgrade.
 */
function readConnection(value: string, known: Set<string> | null): Set<string> | null {
  let names = known;
  for (const part of value.toLowerCase().split(',')) {
    const token = part.trim();
    if (token === '' || token === 'keep-alive' || token === 'close' || token === 'upgrade') continue;
    if (!TOKEN.test(token)) throw invalid('Connection is not a list of tokens');
    if (SENDER_HEADERS.has(token) || FORBIDDEN_IN_CONNECTION.test(token))
      throw invalid(`Connection names ${token}`);
    names ??= new Set();
    names.add(token);
  }
  return names;
}

/** Adds the name that a gateway may read for a header's name with '_'. */
function readUnderscored(name: string, known: Set<string> | null): Set<string> {
  const spelled = name.replaceAll('_', '-');
  if (SENDER_HEADERS.has(spelled) || UNDERSCORED.test(spelled)) {
    throw invalid("a header's name is written with '_' for '-'");
  }
  const names = known ?? new Set();
  names.add(spelled);
  return names;
}

function invalid(detail: string): DoorError {
  return new DoorError('GWPROXY_REQUEST_INVALID', detail);
}
