import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Health } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';
import { errorCode } from '../../util/errno.ts';
import { type ProbeOutcome, provesAbsent } from './health.ts';

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
  socket.once('connect', () => settle({ ok: true }));
  socket.on('error', (error) => settle(failure(error)));
  return socket;
}

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
      settle(unhealthy(`its health path answered ${status}`));
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

function unhealthy(reason: string): ProbeOutcome {
  return { ok: false, cause: 'unhealthy', reason };
}

function failure(error: Error): ProbeOutcome {
  const code = errorCode(error);
  const reason = code === 'ECONNREFUSED' ? 'connection refused' : (code ?? error.message);
  return { ok: false, cause: code !== undefined && provesAbsent(code) ? 'absent' : 'unhealthy', reason };
}
