import pino from 'pino';
import { type Event, isTrouble, type Report } from '../events.ts';
import { visibleJson } from '../util/visible.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** One sentence for each type of event; the event's fields name the profile, the file and the reason. */
const TEXTS: { readonly [Type in Event['type']]: string } = {
  'door.listening': 'gwproxy listens on its public port',
  'door.closed': 'gwproxy has closed its public port',
  'door.refused': 'a request was refused',
  'door.unmatched': 'no profile claims this request; `gwproxy unmatched` shows the route to add',
  'door.mixed-batch':
    "a batch for several bots was refused; if each bot may see the others' data, set fan_out: true for the profiles in `lacking`",
  'door.suppressed': 'more requests were refused; they came too fast to be logged one by one',
  'gateway.state': 'the gateway changed its state',
  'listener.ready': 'the listener is ready and gets requests',
  'listener.lost': 'the listener is not ready and gets no requests',
  'gateway.exit': 'the gateway ended',
  'gateway.output': 'the gateway wrote a line',
  'gateway.memory': 'the gateway uses nearly as much memory as max_memory allows; it is restarted above that',
  'output.dropped': 'the gateway wrote output faster than it is logged; lines were dropped',
  'listener.unknown-owner': 'the owner of the port is unknown; owner_check decides whether it gets requests',
  'schedule.skipped':
    'a moment of the schedule was skipped: it was missed, or the one before it is not done yet',
  'control.restored': 'the control socket was removed by another program and has been created again',
  'control.lost':
    'the control socket was removed by another program and cannot be created again; no command reaches this gwproxy',
  'run.swept': 'an earlier gwproxy was killed and left processes behind; they have been ended',
  'run.leftover': 'processes of this gwproxy outlived their gateways; they have been ended',
  'run.unguarded': 'if this gwproxy is killed, its gateways go on running',
  'run.record':
    'the record of running processes cannot be relied on; if this gwproxy is killed, processes may be left behind',
  'log.failed': 'a log file cannot be written; the gateways go on; the next attempt is in a few seconds',
  'log.resumed': 'a log file is written again',
  'log.unrotated': 'a log file cannot be rotated or compressed; gwproxy will try again',
  'spool.lost': 'an acknowledged delivery is lost; `gwproxy spool retry` sends it again',
  'spool.dead': 'a delivery is a dead letter; `gwproxy spool retry` sends it again',
  'spool.corrupt': 'a spool file is damaged and was set aside; see `gwproxy spool`',
  'spool.unreadable': 'spooled deliveries cannot be read; `gwproxy spool` lists their files',
  'spool.full': 'the spool is full, and deliveries were refused with 503; see `gwproxy spool`',
  'spool.failed': 'the spool could not be read or written',
  'spool.unusable': 'the spool cannot be opened; no delivery is acknowledged before its gateway has answered',
  'spool.drained': 'all spooled deliveries of the profile were delivered',
  'config.applied': 'the changed config is applied',
  'config.pending': 'the config has changes that are not applied; `gwproxy status` says what applies them',
  'config.invalid': 'the config is invalid, and nothing is changed',
  'config.unwatched': 'the config files cannot be watched; after a change run `gwproxy reload`',
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
    case 'schedule.skipped':
    case 'control.restored':
    case 'run.swept':
    case 'run.leftover':
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
    case 'spool.unreadable':
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

/** Writes every event as one line of JSON, in which no character acts on a terminal: level, time (epoch ms), type, the event's own fields, msg. */
export function jsonLines(write: (line: string) => void): Report {
  const log = pino({ base: null }, { write: (line) => write(visibleJson(line)) });
  return (event) => log[levelOf(event)](event, TEXTS[event.type]);
}
