import pino from 'pino';
import type { Event, Report } from '../events.ts';
import { jsonLines } from './json-lines.ts';
import { openStdout } from './stdout/stdout.ts';

/** What is told of every event while gwproxy runs. */
export interface Log {
  readonly report: Report;
  /** Resolves once what was told has left; bounded. To be called before the process ends in order. */
  drained(): Promise<void>;
  /** Writes out what is still buffered. Call it last, before the process ends. */
  flush(): void;
}

/** Every event as a line of JSON on stdout. The gateways matter more than their log: whatever becomes of it, they go on. */
export function createJsonLog(): Log {
  let closed = false;
  const stdout = openStdout({
    closed(reason) {
      if (closed) return;
      closed = true;
      const why = reason === null ? 'nobody reads the log' : `the log cannot be written (${reason})`;
      console.error(`gwproxy: ${why} any more; the gateways go on, see \`gwproxy status\``);
    },
    failing(reason) {
      console.error(
        `gwproxy: the log cannot be written (${reason}); the gateways go on, and it is tried again`,
      );
    },
  });
  const report = countedLines(stdout.write, stdout.why);
  return {
    report(event) {
      if (!closed) report(event);
    },
    drained: () => stdout.drained(),
    flush() {
      if (closed) return;
      const lost = stdout.flush() + report.dropped();
      if (lost > 0) console.error(`gwproxy: ${lost} lines of the log are lost (${stdout.why()})`);
    },
  };
}

/** A report, and how many of its lines were not taken and are not told of yet. */
export interface CountedReport extends Report {
  dropped(): number;
}

/** Events as lines of JSON, to where they may not fit: `write` is false for a line that was not taken, `why` says why. */
export function countedLines(write: (line: string) => boolean, why: () => string): CountedReport {
  let dropped = 0;
  let reason = '';
  let fits = true;
  const take = (line: string): void => {
    fits = write(line);
  };
  const log = pino({ base: null }, { write: take });
  const told = jsonLines(take);
  function report(event: Event): void {
    if (dropped > 0) log.warn({ type: 'log.dropped', lines: dropped }, `log lines dropped: ${reason}`);
    if (fits) dropped = 0;
    if (fits) told(event);
    if (fits) return;
    if (dropped === 0) reason = why();
    dropped += 1;
  }
  return Object.assign(report, { dropped: () => dropped });
}
