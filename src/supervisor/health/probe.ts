import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Health } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';
import { errorCode } from '../../util/errno.ts';
import { type ProbeFailure, type ProbeOutcome, provesAbsent } from './health.ts';

/** A health answer is a line or two; no more than this is read. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface ProbeTarget extends Pick<Health, 'path' | 'status' | 'body' | 'timeout'> {
  readonly host: string;
  readonly port: number;
}

/**
 * Probes a listener once: by the status and body of its health path, or by a TCP connection if it has none. Settles
 * within `timeout` ms. An aborted probe counts as failed.
 */
export function probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const attempt = target.path === null ? probeTcp(target, settle) : probeHttp(target, target.path, settle);
    const timer = setTimeout(
      () => settle(unhealthy(`no answer within ${duration(target.timeout)}`)),
      target.timeout,
    );
    const abort = (): void => settle(unhealthy('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();

    function settle(outcome: ProbeOutcome): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      attempt.destroy();
      resolve(outcome);
    }
  });
}

/**
 * Sends `Connection: close`: a reused connection would use up one of the gateway's, and could answer for a listener
 * that no longer accepts new ones.
 */
const NO_KEEP_ALIVE = new Agent({ keepAlive: false });

type Settle = (outcome: ProbeOutcome) => void;

function probeTcp({ host, port }: ProbeTarget, settle: Settle): { destroy(): void } {
  const socket = connect({ host, port });
  socket.once('connect', () => settle(isItsOwnEnd(socket) ? SELF_CONNECTED : { ok: true }));
  socket.on('error', (error) => settle(failure(error)));
  return socket;
}

/**
 * Whether a connection has met itself: the system may give a client the very port that it connects to, if no process
 * listens there (RFC 9293 §3.5, simultaneous open).
 */
function isItsOwnEnd({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}

const SELF_CONNECTED: ProbeFailure = { ok: false, cause: 'absent', reason: 'connection refused' };

function probeHttp(target: ProbeTarget, path: string, settle: Settle): { destroy(): void } {
  const { host, port, body } = target;
  const sent = request({
    host,
    port,
    path,
    method: 'GET',
    agent: NO_KEEP_ALIVE,
    headers: { 'user-agent': 'gwproxy' },
  });
  sent.on('error', (error) => settle(failure(error)));
  sent.on('response', (response) => {
    const status = response.statusCode ?? 0;
    if (!isExpectedStatus(status, target.status)) {
      settle({ ...unhealthy(`its health path answered ${status}`), ...statusAdvice(target.status, status) });
      return;
    }
    // The answer is read to its end even if no text is expected: a gateway that hangs within it is unhealthy.
    const text = body === null ? null : new Search(body);
    const judge = (): ProbeOutcome =>
      text === null || text.found
        ? { ok: true }
        : unhealthy(`its health path answered ${status} without the text that body asks for`);
    let remaining = MAX_ANSWER_BYTES;
    response.on('data', (chunk: Buffer) => {
      text?.read(chunk.subarray(0, remaining));
      remaining -= chunk.length;
      if (remaining < 0 || text?.found === true) settle(judge());
    });
    response.on('end', () => settle(judge()));
    response.on('error', (error) => settle(failure(error)));
  });
  sent.end();
  return sent;
}

/** Searches a stream for a text, across chunk boundaries. */
class Search {
  readonly #wanted: Buffer;
  #tail: Buffer = Buffer.alloc(0);
  found = false;

  constructor(wanted: string) {
    this.#wanted = Buffer.from(wanted);
  }

  read(chunk: Buffer): void {
    const seen = Buffer.concat([this.#tail, chunk]);
    this.found ||= seen.includes(this.#wanted);
    this.#tail = seen.subarray(Math.max(0, seen.length - this.#wanted.length + 1));
  }
}

function isExpectedStatus(status: number, wanted: Health['status']): boolean {
  return wanted === null ? status >= 200 && status < 300 : wanted.includes(status);
}

/**
 * A gateway that redirects, asks for a login or allows no GET will not answer otherwise later; one that answers 5xx may
 * still be starting. Statuses that the config names are left alone: its author has chosen them.
 */
function statusAdvice(wanted: Health['status'], status: number): { readonly advice?: string } {
  if (wanted !== null || status < 300 || status >= 500) return {};
  return {
    advice:
      `if that is its good answer, write \`status: ${status}\` beside the path in its health; ` +
      'else write a path that answers a GET with 2xx, or none: then an accepted connection is enough',
  };
}

function unhealthy(reason: string): ProbeFailure {
  return { ok: false, cause: 'unhealthy', reason };
}

function failure(error: Error): ProbeFailure {
  const code = errorCode(error);
  if (code !== undefined && provesAbsent(code)) {
    return { ok: false, cause: 'absent', reason: code === 'ECONNREFUSED' ? 'connection refused' : code };
  }
  // llhttp's errors. A server that speaks TLS answers an alert, or closes the connection.
  if (code?.startsWith('HPE_') === true)
    return { ...unhealthy('its answer is not HTTP'), advice: PLAIN_HTTP };
  if (code === 'ECONNRESET')
    return { ...unhealthy('it closed the connection without an answer'), advice: PLAIN_HTTP };
  return unhealthy(code ?? error.message);
}

const PLAIN_HTTP =
  'gwproxy speaks plain HTTP to a gateway: turn off TLS in it if it listens with that, and write the port of its webhooks';
