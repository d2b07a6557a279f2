import pino from 'pino';
import type { Event, Report } from '../events.ts';
import { jsonLines } from './json-lines.ts';
import { openStdout } from './stdout.ts';

/** Where every event is logged while gwproxy runs. */
export interface Log {
  readonly report: Report;
  /** Resolves once everything is written; bounded. Must be called before the process ends in order. */
  drained(): Promise<void>;
  /** Writes the buffered lines. Must be called last, on the 'exit' of the process. */
  flush(): void;
}

/** Writes every event as a line of JSON to stdout. Whatever happens to stdout, the gateways go on. */
export function createJsonLog(): Log {
  let closed = false;
  const stdout = openStdout({
    closed(reason) {
      if (closed) return;
      closed = true;
      const why = reason === null ? 'nothing reads the log' : `the log cannot be written (${reason})`;
      console.error(`gwproxy: ${why} any more; the gateways go on, see \`gwproxy status\``);
    },
    failing(reason) {
      console.error(
        `gwproxy: the log cannot be written (${reason}); the gateways go on, and it is tried again`,
      );
    },
  });
  const report = countedLines(stdout.write, stdout.whyFull);
  return {
    report(event) {
      if (!closed) report(event);
    },
    drained: () => stdout.drained(),
    flush() {
      if (closed) return;
      const lost = stdout.flush() + report.dropped();
      if (lost > 0) console.error(`gwproxy: ${lost} lines of the log are lost (${stdout.whyFull()})`);
    },
  };
}

/** A report that counts the lines it could not write. */
export interface CountedReport extends Report {
  /** Lines that were dropped and are not mentioned in the log yet. */
  dropped(): number;
}

/**
 * Writes events as lines of JSON to an output that may be full: if `write` returns false, the line is dropped and
 * `whyFull` says why. The next line that fits is preceded by one that says how many were dropped.
 */
export function countedLines(write: (line: string) => boolean, whyFull: () => string): CountedReport {
  let dropped = 0;
  let reason = '';
  let fits = true;
  const tryWrite = (line: string): void => {
    fits = write(line);
  };
  const log = pino({ base: null }, { write: tryWrite });
  const writeEvent = jsonLines(tryWrite);
  function report(event: Event): void {
    if (dropped > 0) log.warn({ type: 'log.dropped', lines: dropped }, `log lines dropped: ${reason}`);
    if (fits) dropped = 0;
    if (fits) writeEvent(event);
    if (fits) return;
    if (dropped === 0) reason = whyFull();
    dropped += 1;
  }
  return Object.assign(report, { dropped: () => dropped });
}
