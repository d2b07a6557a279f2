import { stripVTControlCharacters } from 'node:util';
import type { Event, Report } from '../events.ts';

/** Past this, a terminal that does not keep up loses gateways' output, and is told how much. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

const NAME_COLOURS = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94];

export interface Terminal {
  readonly write: (text: string) => void;
  /** Bytes that were written and have not left yet. */
  readonly unwritten: () => number;
  readonly colour: boolean;
}

/**
 * Tells a person what happens: every line begins with the profile's name (or gwproxy's own), in a colour of
 * its own, as wide as the longest name.
 */
export function createRenderer(
  profiles: readonly string[],
  terminal: Terminal,
  now: () => number = Date.now,
): Report {
  const width = Math.max(7, ...profiles.map((name) => name.length));
  const colours = new Map(
    profiles.map((name, index) => [name, NAME_COLOURS[index % NAME_COLOURS.length] ?? 0] as const),
  );
  let lost = 0;

  function paint(code: number, text: string): string {
    return terminal.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
  function line(name: string, mark: string, text: string): void {
    const padded = name.padEnd(width);
    terminal.write(`${paint(colours.get(name) ?? 1, padded)} ${mark} ${text}\n`);
  }

  return (event) => {
    if (event.type === 'gateway.output') {
      if (terminal.unwritten() > MAX_UNWRITTEN_BYTES) {
        lost += 1;
        return;
      }
      if (lost > 0)
        line('gwproxy', '!', `lines of output not shown, since the terminal is too slow: ${lost}`);
      lost = 0;
      line(event.profile, '|', withoutControls(event.line));
      return;
    }
    const told = describe(event, now());
    if (told !== undefined) line(told.name, told.bad ? paint(31, '!') : '>', withoutControls(told.text));
  };
}

interface Told {
  readonly name: string;
  readonly text: string;
  readonly bad: boolean;
}

function describe(event: Exclude<Event, { type: 'gateway.output' }>, now: number): Told | undefined {
  const own = (text: string, bad = false): Told => ({ name: 'gwproxy', text, bad });
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
      const bad = event.state === 'failed' || event.state === 'backoff' || event.state === 'unready';
      const seconds = event.nextStartAt === null ? null : Math.max(0, event.nextStartAt - now) / 1000;
      const next = seconds === null ? '' : `; next start in ${seconds.toFixed(1)} s`;
      return { name: event.profile, text: `${event.state}${pid}${why}${next}`, bad };
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
        text: `uses ${mebibytes(event.bytes)} of at most ${mebibytes(event.limit)} of memory`,
        bad: true,
      };
    case 'output.dropped':
      return {
        name: event.profile,
        text: `lines of output dropped (${event.reason}): ${event.lines}`,
        bad: true,
      };
    case 'listener.unknown-owner': {
      const so = event.blocked ? 'it gets no requests, as owner_check says' : 'taken for its own';
      const text = `${event.listener}: nobody can say whose process listens on port ${event.port} (${event.reason}); ${so}`;
      return { name: event.profile, text, bad: event.blocked };
    }
    case 'run.swept':
      return own(
        `an earlier gwproxy was killed; ${event.processes} processes that it left are ended (${event.profiles.join(', ')})`,
        true,
      );
    case 'run.unguarded':
      return own(`gateways would outlive this gwproxy if it were killed: ${event.reason}`, true);
    case 'log.failed':
      return own(
        `${event.file} cannot be written (${event.reason}); the gateways go on, lines are lost`,
        true,
      );
    case 'log.resumed':
      return own(`${event.file} is written again; lines lost: ${event.lines}`, true);
    case 'config.applied':
      return own(`config applied: ${event.changes.join('; ')}`);
    case 'config.pending':
      return own(`config changed, \`gwproxy reload\` applies: ${event.changes.join('; ')}`, true);
    case 'config.invalid':
      return own(`config is invalid, and stays as it was: ${event.problems.join('; ')}`, true);
    case 'config.unwatched':
      return own(`config files are not watched (${event.reason}); use \`gwproxy reload\``, true);
    case 'app.stopping':
      return own(event.atOnce ? 'stopping at once' : 'stopping; once more to stop at once');
    case 'app.stopped':
      return own('stopped');
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

/**
 * Without escape sequences and control characters: a gateway's output holds text from strangers, and a terminal
 * would obey it.
 */
function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/(?!\t)\p{Cc}/gu, '');
}
