import pino from 'pino';
import { type Event, isTrouble, type Report } from '../events.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** One sentence for each type of event; the event's fields name the profile, the file and the reason. */
const TEXTS: { readonly [Type in Event['type']]: string } = {
  'door.listening': 'gwproxy listens on its public port',
  'door.closed': 'gwproxy has closed its public port',
  'door.refused': 'a request was refused',
  'door.unmatched': 'no profile claims this request; see `gwproxy unmatched`',
  'door.mixed-batch':
    'a batch for several bots was refused; set fan_out: true for each of these profiles to allow it',
  'door.suppressed': 'more requests were refused than are logged one by one',
  'gateway.state': 'the gateway changed its state',
  'listener.ready': 'the listener is ready and gets requests',
  'listener.lost': 'the listener is not ready any more and gets no requests',
  'gateway.exit': 'the gateway exited',
  'gateway.output': 'the gateway wrote a line',
  'gateway.memory': 'the gateway uses nearly as much memory as max_memory allows; above that it is restarted',
  'output.dropped': 'the gateway wrote faster than its output can be logged, and lines were dropped',
  'listener.unknown-owner': 'it cannot be determined whose process listens on this port',
  'control.restored': 'the control socket was removed and has been created again',
  'control.lost':
    'the control socket was removed and cannot be created again; no command reaches this gwproxy',
  'run.swept': 'an earlier gwproxy was killed; the processes that it left were ended',
  'run.unguarded': 'gateways would go on running if this gwproxy were killed',
  'run.record':
    'the record of running processes cannot be used, so that a killed gwproxy may leave processes behind',
  'log.failed':
    'a log file cannot be written; it is tried again, and lines that do not fit in memory are lost',
  'log.resumed': 'a log file is written again',
  'log.unrotated': 'a log file cannot be rotated or compressed; it is written on and tried again',
  'spool.lost': 'an acknowledged delivery is lost: no gateway will get it',
  'spool.dead': 'a delivery became a dead letter; `gwproxy spool retry` tries it again',
  'spool.corrupt': 'a file of the spool cannot be read and was set aside',
  'spool.full': 'the spool is full, and deliveries are refused with 503',
  'spool.failed': 'the spool could not be read or written',
  'spool.unusable': 'the spool cannot be opened; no request is acknowledged early',
  'spool.drained': 'all spooled deliveries of the profile have been sent',
  'config.applied': 'the changed config is applied',
  'config.pending': 'changes of the config wait for `gwproxy reload`',
  'config.invalid': 'the changed config is invalid; the running one stays in force',
  'config.unwatched': 'the config files cannot be watched; use `gwproxy reload` after a change',
  'app.stopping': 'gwproxy is stopping',
  'app.stopped': 'gwproxy has stopped',
};

/** Warnings need the operator; errors are failures that have lost something or stopped a gateway for good. */
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

/** Writes every event as one line of JSON: level, time (epoch ms), type, the event's own fields, msg. */
export function jsonLines(write: (line: string) => void): Report {
  const log = pino({ base: null }, { write });
  return (event) => log[levelOf(event)](event, TEXTS[event.type]);
}
