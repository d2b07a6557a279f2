import pino from 'pino';
import { type Event, isTrouble, type Report } from '../events.ts';

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
  'config.pending': 'config changed and not applied; `gwproxy reload` applies it',
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
