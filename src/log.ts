import pino from 'pino';
import type { DoorErrorCode } from './errors.ts';
import { type Event, isTrouble, type Report } from './events.ts';
import { openStdout } from './stdout.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

const TEXTS: { readonly [Type in Event['type']]: string } = {
  'door.listening': 'listening',
  'door.closed': 'door closed',
  'door.refused': 'request refused',
  'door.unmatched': 'no profile claims this route key',
  'door.mixed-batch': 'a batch for several bots needs fan_out: true at each profile',
  'door.suppressed': 'more refusals than are shown',
  'gateway.state': 'gateway state',
  'listener.ready': 'listener ready',
  'listener.lost': 'listener lost',
  'gateway.exit': 'gateway exited',
  'gateway.output': 'output',
  'gateway.memory': 'memory is close to max_memory',
  'output.dropped': 'lines of output dropped',
  'listener.unknown-owner': 'nobody can say whose process listens there',
  'control.restored': 'the control socket was removed, and is there again',
  'control.lost': 'the control socket was removed',
  'run.swept': 'processes of an earlier run were ended',
  'run.unguarded': 'gateways would outlive a killed gwproxy',
  'run.record': 'the record of what runs is of no use',
  'log.failed': 'a log file cannot be written',
  'log.resumed': 'a log file can be written again',
  'log.unrotated': 'a log file cannot be rotated or compressed',
  'spool.lost': 'an acknowledged delivery is lost',
  'spool.dead': 'a delivery is dead, and waits for `gwproxy spool retry`',
  'spool.corrupt': 'a file of the spool cannot be read',
  'spool.full': 'the spool is full',
  'spool.failed': 'the spool failed',
  'spool.unusable': 'the spool cannot be opened',
  'spool.drained': 'nothing is spooled any more',
  'config.applied': 'config applied',
  'config.pending': 'config changes wait for `gwproxy reload`',
  'config.invalid': 'config is invalid; it stays as it was',
  'config.unwatched': 'config files are not watched',
  'app.stopping': 'stopping',
  'app.stopped': 'stopped',
};

/** How loud an event is: what needs the operator is a warning, what ended a gateway for good is an error. */
export function levelOf(event: Event): Level {
  switch (event.type) {
    case 'door.refused':
      if (event.code === 'GWPROXY_INTERNAL') return 'error';
      return event.profile === null ? 'info' : 'warn';
    case 'door.unmatched':
    case 'door.mixed-batch':
    case 'door.suppressed':
    case 'listener.lost':
    case 'gateway.memory':
    case 'output.dropped':
    case 'listener.unknown-owner':
    case 'control.restored':
    case 'run.swept':
    case 'run.unguarded':
    case 'run.record':
    case 'log.resumed':
    case 'log.unrotated':
    case 'spool.dead':
    case 'config.pending':
    case 'config.unwatched':
      return 'warn';
    case 'control.lost':
    case 'log.failed':
    case 'spool.lost':
    case 'spool.corrupt':
    case 'spool.full':
    case 'spool.failed':
    case 'spool.unusable':
    case 'config.invalid':
      return 'error';
    case 'gateway.state':
      if (event.state === 'failed') return 'error';
      return isTrouble(event) ? 'warn' : 'info';
    case 'gateway.exit':
      return event.asked ? 'info' : 'warn';
    default:
      return 'info';
  }
}

/** Every event as one line of JSON: level, time (epoch ms), type, the event's own fields, msg. */
export function jsonLines(write: (line: string) => void): Report {
  const log = pino({ base: null }, { write });
  return (event) => log[levelOf(event)](event, TEXTS[event.type]);
}

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

const SHOWN_PER_SECOND = 20;

/**
 * Passes every event on, but of refused requests and batches only the first of each second and code: a flood of
 * bad requests from strangers must not fill the disk. What was left out is counted in a door.suppressed event.
 */
export function throttleRefusals(report: Report, now: () => number = Date.now): Report {
  const seen = new Map<DoorErrorCode, { second: number; count: number }>();
  return (event) => {
    const code = codeOf(event);
    if (code === null) {
      report(event);
      return;
    }
    const second = Math.floor(now() / 1000);
    const last = seen.get(code);
    if (last?.second === second) {
      last.count += 1;
      if (last.count > SHOWN_PER_SECOND) return;
    } else {
      const left = last === undefined ? 0 : last.count - SHOWN_PER_SECOND;
      if (left > 0) report({ type: 'door.suppressed', code, count: left });
      seen.set(code, { second, count: 1 });
    }
    report(event);
  };
}

/** Of an event that any stranger can cause, as often as it will. */
function codeOf(event: Event): DoorErrorCode | null {
  if (event.type === 'door.mixed-batch') return 'GWPROXY_MIXED_BATCH';
  if (event.type === 'door.unmatched') return 'GWPROXY_NO_ROUTE';
  return event.type === 'door.refused' ? event.code : null;
}
