import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Health } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';
import { errorCode } from '../../util/errno.ts';
import { type ProbeOutcome, provesLost } from './health.ts';

/** A health answer is a line or two; more than this is not read. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface ProbeTarget extends Pick<Health, 'path' | 'status' | 'body' | 'timeout'> {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks a listener once whether it is well: on its health path by status and body, or by accepting a connection.
 * Settles within `timeout` ms. An abort counts as lost.
 */
export function probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const attempt = target.path === null ? connects(target, settle) : answers(target, target.path, settle);
    const timer = setTimeout(
      () => settle(unwell(`no answer within ${duration(target.timeout)}`)),
      target.timeout,
    );
    const abort = (): void => settle(unwell('aborted'));
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
 * Sends Connection: close. A kept connection would count as one of the gateway's own, and answer for a listener that
 * no longer accepts any.
 */
const UNKEPT = new Agent({ keepAlive: false });

type Settle = (outcome: ProbeOutcome) => void;

function connects({ host, port }: ProbeTarget, settle: Settle): { destroy(): void } {
  const socket = connect({ host, port });
  socket.once('connect', () => settle({ ok: true }));
  socket.on('error', (error) => settle(failure(error)));
  return socket;
}

function answers(target: ProbeTarget, path: string, settle: Settle): { destroy(): void } {
  const { host, port, body } = target;
  const sent = request({
    host,
    port,
    path,
    method: 'GET',
    agent: UNKEPT,
    headers: { 'user-agent': 'gwproxy' },
  });
  sent.on('error', (error) => settle(failure(error)));
  sent.on('response', (response) => {
    const status = response.statusCode ?? 0;
    if (!isWell(status, target.status)) {
      settle(unwell(`its health path answered ${status}`));
      return;
    }
    // Without a text to find, the answer is read to its end all the same: a gateway that hangs within it is unwell.
    const text = body === null ? null : new Search(body);
    const judge = (): ProbeOutcome =>
      text === null || text.found
        ? { ok: true }
        : unwell(`its health path answered ${status} without the text that body asks for`);
    let left = MAX_ANSWER_BYTES;
    response.on('data', (chunk: Buffer) => {
      text?.read(chunk.subarray(0, left));
      left -= chunk.length;
      if (left < 0 || text?.found === true) settle(judge());
    });
    response.on('end', () => settle(judge()));
    response.on('error', (error) => settle(failure(error)));
  });
  sent.end();
  return sent;
}

/** Looks for a text in a stream, wherever it is cut. */
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

function isWell(status: number, wanted: Health['status']): boolean {
  return wanted === null ? status >= 200 && status < 300 : wanted.includes(status);
}

function unwell(reason: string): ProbeOutcome {
  return { ok: false, cause: 'unwell', reason };
}

function failure(error: Error): ProbeOutcome {
  const code = errorCode(error);
  const reason = code === 'ECONNREFUSED' ? 'connection refused' : (code ?? error.message);
  return { ok: false, cause: code !== undefined && provesLost(code) ? 'absent' : 'unwell', reason };
}
