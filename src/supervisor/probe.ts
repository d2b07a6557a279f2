import { request } from 'node:http';
import { connect } from 'node:net';
import type { Outcome } from './health.ts';
import { duration, systemCode } from './words.ts';

/** A health answer is a line or two; more than this is not read. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** Null: it is enough that it accepts a connection. */
  readonly path: string | null;
  /** ms for the whole answer. */
  readonly timeout: number;
}

/** Asks a listener once whether it is ready: 2xx on its health path. An abort counts as lost. */
export function probe(target: ProbeTarget, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const attempt = target.path === null ? connects(target, settle) : answers(target, target.path, settle);
    const timer = setTimeout(
      () => settle({ ok: false, reason: `no answer within ${duration(target.timeout)}` }),
      target.timeout,
    );
    const abort = (): void => settle({ ok: false, reason: 'aborted' });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();

    function settle(outcome: Outcome): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      attempt.destroy();
      resolve(outcome);
    }
  });
}

type Settle = (outcome: Outcome) => void;

function connects({ host, port }: ProbeTarget, settle: Settle): { destroy(): void } {
  const socket = connect({ host, port });
  socket.once('connect', () => settle({ ok: true }));
  socket.on('error', (error) => settle({ ok: false, reason: failure(error) }));
  return socket;
}

function answers({ host, port }: ProbeTarget, path: string, settle: Settle): { destroy(): void } {
  // agent: false sends Connection: close. A kept connection would count as one of the gateway's own, and answer
  // for a listener that no longer accepts any.
  const sent = request({
    host,
    port,
    path,
    method: 'GET',
    agent: false,
    headers: { 'user-agent': 'gwproxy' },
  });
  sent.on('error', (error) => settle({ ok: false, reason: failure(error) }));
  sent.on('response', (response) => {
    const status = response.statusCode ?? 0;
    const outcome: Outcome =
      status >= 200 && status < 300
        ? { ok: true }
        : { ok: false, reason: `its health path answered ${status}` };
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) settle(outcome);
    });
    response.on('end', () => settle(outcome));
    response.on('error', (error) => settle({ ok: false, reason: failure(error) }));
  });
  sent.end();
  return sent;
}

function failure(error: Error): string {
  const code = systemCode(error);
  if (code === 'ECONNREFUSED') return 'connection refused';
  return code ?? error.message;
}
