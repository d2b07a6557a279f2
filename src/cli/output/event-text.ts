import { LISTEN_CHANGED } from '../../config/change/diff.ts';
import { type Event, isTrouble } from '../../events.ts';

/** An event as a person reads it. */
export interface EventText {
  readonly name: string;
  readonly text: string;
  readonly bad: boolean;
}

/** `now` in epoch ms. Undefined for what nobody needs to read. */
export function describeEvent(
  event: Exclude<Event, { type: 'gateway.output' }>,
  now: number,
): EventText | undefined {
  const own = (text: string, bad = false): EventText => ({ name: 'gwproxy', text, bad });
  switch (event.type) {
    case 'door.listening': {
      const host = event.host.includes(':') ? `[${event.host}]` : event.host;
      const shown = event.publicUrl === null ? '' : `, public as ${event.publicUrl}`;
      return own(`listening on http://${host}:${event.port}${shown}`);
    }
    case 'door.closed':
      return undefined;
    case 'door.refused': {
      const cause = event.cause === null ? '' : ` (${event.cause})`;
      const text = `${event.method} ${event.path}: ${event.code} ${event.detail}${cause}`;
      return { name: event.profile ?? 'gwproxy', text, bad: true };
    }
    case 'door.suppressed':
      return own(`${event.count} more requests were refused with ${event.code}`, true);
    case 'door.unmatched': {
      const fields = Object.entries(event.attributes.fields).map(([name, value]) => `${name} ${value}`);
      return own(`no profile claims ${event.attributes.platform} ${fields.join(', ')} (${event.path})`, true);
    }
    case 'door.mixed-batch': {
      const named = event.attributes.map(({ platform, fields }) =>
        [platform, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(' '),
      );
      const more = event.more === 0 ? '' : ` and ${event.more} more`;
      const lacking = event.lacking.join(', ');
      return own(
        `a batch for several bots was refused (${event.path}): ${named.join('; ')}${more}; ` +
          `to let each see the others' data, set fan_out: true for ${lacking}`,
        true,
      );
    }
    case 'gateway.state': {
      const why = event.reason === null ? '' : `: ${event.reason}`;
      const pid = event.state === 'starting' && event.pid !== null ? ` (pid ${event.pid})` : '';
      const seconds = event.nextStartAt === null ? null : Math.max(0, event.nextStartAt - now) / 1000;
      const next = seconds === null ? '' : `; next start in ${seconds.toFixed(1)} s`;
      return { name: event.profile, text: `${event.state}${pid}${why}${next}`, bad: isTrouble(event) };
    }
    case 'listener.ready':
      return { name: event.profile, text: `${event.listener} is ready on port ${event.port}`, bad: false };
    case 'listener.lost':
      return { name: event.profile, text: `${event.listener} is not ready: ${event.reason}`, bad: true };
    case 'gateway.exit': {
      const how = event.signal === null ? `with code ${event.code}` : `by ${event.signal}`;
      return {
        name: event.profile,
        text: `ended ${how}${event.asked ? '' : ', unasked'}`,
        bad: !event.asked,
      };
    }
    case 'gateway.memory':
      return {
        name: event.profile,
        text: `uses ${mebibytes(event.bytes)} of memory; above ${mebibytes(event.limit)} it is restarted`,
        bad: true,
      };
    case 'output.dropped':
      return {
        name: event.profile,
        text: `writes faster than anyone can read; lines left out: ${event.lines}`,
        bad: true,
      };
    case 'listener.unknown-owner': {
      const so = event.blocked ? 'it gets no requests, as owner_check says' : 'taken for its own';
      const text = `${event.listener}: nobody can say whose process listens on port ${event.port} (${event.reason}); ${so}`;
      return { name: event.profile, text, bad: event.blocked };
    }
    case 'control.restored':
      return own(`the control socket ${event.path} was removed; there is a new one`, true);
    case 'control.lost':
      return own(
        `the control socket ${event.path} was removed, and there can be no new one (${event.reason}): no command reaches this gwproxy; it is tried again every few seconds`,
        true,
      );
    case 'run.swept': {
      const left = event.processes === 1 ? 'a process' : `${event.processes} processes`;
      const whose = event.profiles.length === 0 ? '' : ` (${event.profiles.join(', ')})`;
      return own(`an earlier gwproxy was killed and left ${left}${whose}; ended now`, true);
    }
    case 'run.unguarded':
      return own(`gateways would outlive this gwproxy if it were killed: ${event.reason}`, true);
    case 'run.record':
      return own(`${event.file} ${event.reason}`, true);
    case 'log.failed':
      return own(
        `${event.file} cannot be written (${event.reason}); the gateways go on, and it is tried again every few seconds`,
        true,
      );
    case 'log.resumed':
      return own(`${event.file} is written again; lines lost: ${event.lines}`, event.lines > 0);
    case 'log.unrotated':
      return own(`${event.file} cannot be rotated or compressed (${event.reason}); it is tried again`, true);
    case 'spool.lost': {
      const why = event.reason === 'expired' ? 'it waited too long' : 'the gateway does not want it';
      const last = event.lastStatus === null ? '' : `; last: ${event.lastStatus}`;
      const text = `LOST: delivery ${event.id} from ${event.platform}, acknowledged before: ${why}${last}`;
      return { name: event.profile, text, bad: true };
    }
    case 'spool.dead': {
      const last = event.lastStatus === null ? '' : ` (${event.lastStatus})`;
      const why =
        event.reason === 'tries'
          ? `failed ${event.tries} times${last}`
          : 'was kept for it, and by the config is not its any more; no gateway gets it';
      const text = `delivery ${event.id} from ${event.platform} ${why}; \`gwproxy spool retry ${event.id}\` tries again`;
      return { name: event.profile, text, bad: true };
    }
    case 'spool.corrupt':
      return own(`${event.file} in the spool is no delivery and was set aside: ${event.reason}`, true);
    case 'spool.full': {
      const text = `the spool is full; deliveries refused with 503: ${event.refused}; see \`gwproxy spool\``;
      return { name: event.profile, text, bad: true };
    }
    case 'spool.unusable':
      return own(`the spool cannot be opened (${event.reason}); nothing is acknowledged early`, true);
    case 'spool.failed':
      return { name: event.profile, text: spoolFailure(event), bad: true };
    case 'spool.drained':
      return {
        name: event.profile,
        text: `nothing is spooled any more; delivered: ${event.delivered}`,
        bad: false,
      };
    case 'config.applied':
      return own(
        `config applied: ${event.changes.length === 0 ? 'nothing differs' : event.changes.join('; ')}`,
      );
    case 'config.pending':
      return own(pendingText(event.changes), true);
    case 'config.invalid':
      return own(`the config is invalid; what runs goes on as it was: ${event.problems.join('; ')}`, true);
    case 'config.unwatched':
      return own(
        `config files are not watched (${event.reason}); \`gwproxy reload\` applies what changed`,
        true,
      );
    case 'app.stopping':
      return own(event.atOnce ? 'stopping at once' : 'stopping; once more to stop at once');
    case 'app.stopped':
      return own('stopped');
  }
}

function pendingText(changes: readonly string[]): string {
  const lines = changes.join('; ');
  return changes.every((change) => change === LISTEN_CHANGED)
    ? `config changed: ${lines}`
    : `config changed, and nothing of it is applied, since it restarts or ends gateways; \`gwproxy reload\` applies all of it: ${lines}`;
}

function spoolFailure({ action, reason, count }: Extract<Event, { type: 'spool.failed' }>): string {
  const times = count === 1 ? '' : `, ${count} times`;
  switch (action) {
    case 'keep':
      return `deliveries cannot be spooled and were refused with 503${times} (${reason})`;
    case 'read':
      return `a spooled delivery cannot be read${times} (${reason}); it is tried again`;
    case 'send':
      return `a spooled delivery is stuck until gwproxy is started again${times} (${reason})`;
    case 'remove':
    case 'bury':
      return `the spool cannot note what became of a delivery${times} (${reason}); it may come again after a restart`;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
