import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { DoorError } from '../../errors.ts';
import type { Reply } from '../../routing/platform.ts';
import { METHODS } from './methods.ts';

/** An answer that the door gives itself, for a response or a raw socket. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * An error as RFC 9457 problem details with RFC 9209 Proxy-Status. `type` is a URN that does not resolve; `code` is
 * the error's name in the documentation.
 */
export function problem(error: DoorError, requestId: string): OwnAnswer {
  const body = Buffer.from(
    JSON.stringify({
      type: `urn:gwproxy:${error.code.slice('GWPROXY_'.length).toLowerCase().replaceAll('_', '-')}`,
      title: error.title,
      status: error.status,
      detail: error.message,
      code: error.code,
      request_id: requestId,
    }),
  );
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'Proxy-Status',
    `gwproxy; error=${error.proxyStatus}`,
    'X-Request-Id',
    requestId,
  ];
  if (error.retryAfter !== undefined) headers.push('Retry-After', String(error.retryAfter));
  if (error.challenge !== undefined) headers.push('WWW-Authenticate', error.challenge);
  if (error.status === 405) headers.push('Allow', METHODS.join(', '));
  return { status: error.status, headers, body };
}

/** An answer as the sender's platform expects it; Proxy-Status shows that no gateway gave it. */
export function reply({ status, contentType, body }: Reply, requestId: string): OwnAnswer {
  const bytes = Buffer.from(body);
  const headers = ['Cache-Control', 'no-store', 'Proxy-Status', 'gwproxy', 'X-Request-Id', requestId];
  // A 204 has no Content-Length (RFC 9110 §8.6).
  if (status !== 204) headers.push('Content-Length', String(bytes.length));
  if (contentType !== null) headers.push('Content-Type', contentType);
  return { status, headers, body: bytes };
}

/** Writes the whole answer without ending it, so that the caller may read the rest of the request first. */
export function writeAnswer(res: ServerResponse, answer: OwnAnswer, close: boolean): void {
  const headers = close ? [...answer.headers, 'Connection', 'close'] : [...answer.headers];
  res.writeHead(answer.status, headers);
  res.write(answer.body);
}

/** Writes the answer to a socket without a ServerResponse, and closes the connection. */
export function endWithAnswer(socket: Socket, answer: OwnAnswer): void {
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let at = 0; at + 1 < answer.headers.length; at += 2) {
    head += `${answer.headers[at]}: ${answer.headers[at + 1]}\r\n`;
  }
  socket.write(`${head}Connection: close\r\n\r\n`, 'latin1');
  socket.write(answer.body);
  socket.destroySoon();
}
