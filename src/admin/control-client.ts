import { request } from 'node:http';
import { CommandError, EXIT, type ExitCode } from '../errors.ts';
import { hasCode } from '../util/errno.ts';
import { isPlainObject } from '../util/plain-object.ts';

/** Timeout of a GET in ms. A POST has none: it may take as long as gateways drain. */
const GET_TIMEOUT = 10_000;

/** A gwproxy listens on the socket and does not answer: it is stopped (SIGSTOP) or far too busy. */
export class NoAnswerError extends CommandError {
  /** The timeout that passed, in ms. */
  readonly within: number;

  constructor(within: number) {
    const late = `no answer within ${within / 1000} s`;
    super(EXIT.failure, `the gwproxy on this config did not answer: ${late}`);
    this.name = 'NoAnswerError';
    this.within = within;
  }
}

/** Errors of connect(2): no socket, no process that listens on it, or no folder that could contain it. */
const NOT_RUNNING = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'] as const;

/**
 * Sends a command to the gwproxy at that socket; resolves with the JSON of its answer. Rejects with a CommandError:
 * 69 if none runs, a NoAnswerError if it hangs, else the error that it answered. Imports nothing heavy, so that
 * `gwproxy status` is fast.
 */
export function sendCommand(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  within: number = GET_TIMEOUT,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (cause) => reject(connectionFailed(cause)));
      response.on('end', () => {
        try {
          const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
          if (response.statusCode === 200) resolve(answer);
          else reject(answeredError(answer));
        } catch (cause) {
          reject(
            new CommandError(EXIT.failure, 'the gwproxy on this config did not answer in JSON', { cause }),
          );
        }
      });
    });
    call.on('error', (cause) => {
      reject(hasCode(cause, ...NOT_RUNNING) ? notRunning(cause) : connectionFailed(cause));
    });
    if (method === 'GET') {
      call.setTimeout(within, () => {
        reject(new NoAnswerError(within));
        call.destroy();
      });
    }
    call.end();
  });
}

function notRunning(cause: Error): CommandError {
  return new CommandError(EXIT.notRunning, 'no gwproxy runs on this config; start it with `gwproxy up`', {
    cause,
  });
}

function connectionFailed(cause: Error): CommandError {
  const message = hasCode(cause, 'EACCES')
    ? 'the gwproxy on this config belongs to another user'
    : `the gwproxy on this config did not answer: ${cause.message}`;
  return new CommandError(EXIT.failure, message, { cause });
}

function answeredError(answer: unknown): CommandError {
  const { error, exitCode } = {
    error: 'it refused without a reason',
    exitCode: EXIT.failure,
    ...(isPlainObject(answer) && answer),
  };
  const known = Object.values(EXIT).find((code): code is ExitCode => code === exitCode);
  return new CommandError(known ?? EXIT.failure, String(error));
}
