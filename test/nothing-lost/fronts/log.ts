import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { createLines } from '../../../src/util/lines.ts';

/** An event of gwproxy's log: its fields, its `type` among them. */
export type LogLine = Readonly<Record<string, unknown>>;

/** gwproxy's log, over all its lives. */
export interface Log {
  follow(stream: Readable): void;
  onLine(take: (line: LogLine) => void): void;
  /** The next line that passes the test. Rejects after `withinMs`, or once `ended` is told. */
  next(what: string, test: (line: LogLine) => boolean, withinMs: number): Promise<LogLine>;
  /** gwproxy has ended, with that code. */
  ended(code: number | null): void;
  /** The last lines that are no gateway's output, for the message of a failure. */
  tail(): string;
}

const TAIL = 40;

export function createLog(): Log {
  const news = new EventEmitter().setMaxListeners(0);
  const recent: string[] = [];
  news.on('line', (line: LogLine) => {
    if (line.type === 'gateway.output') return;
    recent.push(JSON.stringify(line));
    if (recent.length > TAIL) recent.shift();
  });
  return {
    follow(stream) {
      const lines = createLines((text) => {
        const line = parseLine(text);
        if (line !== null) news.emit('line', line);
      });
      stream.on('data', (chunk: Buffer) => lines.push(chunk));
      stream.on('end', () => lines.end());
    },
    onLine: (take) => void news.on('line', take),
    next(what, test, withinMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(() => fail(`not within ${withinMs} ms`)), withinMs);
        const onLine = (line: LogLine): void => {
          if (test(line)) settle(() => resolve(line));
        };
        const onEnd = (code: number | null): void => settle(() => fail(`gwproxy ended with ${code}`));
        function settle(how: () => void): void {
          clearTimeout(timer);
          news.off('line', onLine).off('end', onEnd);
          how();
        }
        function fail(why: string): void {
          reject(new Error([`${what}: ${why}`, ...recent].join('\n')));
        }
        news.on('line', onLine).on('end', onEnd);
      });
    },
    ended: (code) => void news.emit('end', code),
    tail: () => recent.join('\n'),
  };
}

/** Null where a SIGKILL fell into a line. */
function parseLine(text: string): LogLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}
