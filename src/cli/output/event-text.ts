import { LISTEN_CHANGED } from '../../config/change/diff.ts';
import { type Event, isTrouble } from '../../events.ts';
import { momentText } from '../../schedule/time-zone.ts';
import { counted } from '../../util/counted.ts';

/** An event as a person reads it: the profile's name (or gwproxy), a sentence, and whether it means trouble. */
export interface EventText {
  readonly name: string;
  readonly text: string;
  readonly bad: boolean;
}

/** `now` in epoch ms. Undefined for an event that is not shown. */
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
      return own(
        `${event.count} more requests were refused with ${event.code}; they came too fast to be logged one by one`,
        true,
      );
    case 'door.unmatched': {
      const fields = Object.entries(event.attributes.fields).map(([name, value]) => `${name} ${value}`);
      return own(
        `no profile claims ${event.attributes.platform} ${fields.join(', ')} (${event.path}); \`gwproxy unmatched\` shows the route to add`,
        true,
      );
    }
    case 'door.mixed-batch': {
      const named = event.attributes.map(({ platform, fields }) =>
        [platform, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(' '),
      );
      const more = event.more === 0 ? '' : ` and ${event.more} more`;
      const lacking = event.lacking.join(', ');
      return own(
        `a batch for several bots was refused (${event.path}): ${named.join('; ')}${more}; ` +
          `if each bot may see the others' data, set fan_out: true for ${lacking}`,
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
        text: event.asked ? `ended ${how}` : `ended unexpectedly ${how}`,
        bad: !event.asked,
      };
    }
    case 'gateway.memory':
      return {
        name: event.profile,
        text: `uses ${mebibytes(event.bytes)} of memory; it is restarted above ${mebibytes(event.limit)} (max_memory)`,
        bad: true,
      };
    case 'output.dropped':
      return {
        name: event.profile,
        text: `wrote output faster than it is logged; ${event.lines} lines were dropped`,
        bad: true,
      };
    case 'listener.unknown-owner': {
      const consequence = event.blocked
        ? 'it gets no requests; if the gateway itself listens there, set owner_check: lenient'
        : 'it gets requests; if another program may listen there, set owner_check: strict';
      const text = `${event.listener}: the owner of port ${event.port} is unknown (${event.reason}); ${consequence}`;
      return { name: event.profile, text, bad: event.blocked };
    }
    case 'schedule.skipped':
      return { name: event.profile, text: skippedText(event), bad: true };
    case 'control.restored':
      return own(
        `the control socket ${event.path} was removed by another program and has been created again`,
        true,
      );
    case 'control.lost':
      return own(
        `the control socket ${event.path} was removed by another program and cannot be created again (${event.reason}); no command reaches this gwproxy; the next attempt is in a few seconds`,
        true,
      );
    case 'run.swept': {
      const [left, ended] =
        event.processes === 1
          ? ['a process', 'it has been ended']
          : [`${event.processes} processes`, 'they have been ended'];
      const whose = event.profiles.length === 0 ? '' : ` (${event.profiles.join(', ')})`;
      return own(`an earlier gwproxy was killed and left ${left} behind${whose}; ${ended}`, true);
    }
    case 'run.leftover':
      return own(leftoverText(event), true);
    case 'run.unguarded':
      return own(`if this gwproxy is killed, its gateways go on running: ${event.reason}`, true);
    case 'run.record':
      return own(`the record of running processes, ${event.file}, ${event.reason}`, true);
    case 'log.failed':
      return own(
        `the log file ${event.file} cannot be written (${event.reason}); the gateways go on; the next attempt is in a few seconds`,
        true,
      );
    case 'log.resumed':
      return own(
        `the log file ${event.file} is written again; ${event.lines} lines were lost`,
        event.lines > 0,
      );
    case 'log.unrotated':
      return own(
        `the log file ${event.file} cannot be rotated or compressed (${event.reason}); gwproxy will try again`,
        true,
      );
    case 'spool.lost': {
      const why = event.reason === 'expired' ? 'it waited too long' : 'the gateway refused it';
      const last = event.lastStatus === null ? '' : ` (last answer: ${event.lastStatus})`;
      const text = `LOST: delivery ${event.id} from ${event.platform}, which was acknowledged to its sender: ${why}${last}; \`gwproxy spool retry ${event.id}\` sends it again`;
      return { name: event.profile, text, bad: true };
    }
    case 'spool.dead': {
      const last = event.lastStatus === null ? '' : ` (${event.lastStatus})`;
      const why =
        event.reason === 'tries'
          ? `it failed ${event.tries} times${last}`
          : 'it was spooled for this profile, to which the config no longer routes it';
      const text = `delivery ${event.id} from ${event.platform} is a dead letter: ${why}; \`gwproxy spool retry ${event.id}\` sends it again`;
      return { name: event.profile, text, bad: true };
    }
    case 'spool.corrupt':
      return own(
        `the spool file ${event.file} is damaged and was set aside: ${event.reason}; see \`gwproxy spool\``,
        true,
      );
    case 'spool.unreadable':
      return own(unreadableText(event), true);
    case 'spool.full': {
      const text = `the spool is full, and ${event.refused} deliveries were refused with 503; see \`gwproxy spool\``;
      return { name: event.profile, text, bad: true };
    }
    case 'spool.unusable':
      return own(
        `the spool cannot be opened (${event.reason}); no delivery is acknowledged before its gateway has answered`,
        true,
      );
    case 'spool.failed':
      return { name: event.profile, text: spoolFailure(event), bad: true };
    case 'spool.drained':
      return {
        name: event.profile,
        text: `all spooled deliveries were delivered (${event.delivered})`,
        bad: false,
      };
    case 'config.applied':
      return own(
        `the changed config is applied: ${event.changes.length === 0 ? 'nothing changed' : event.changes.join('; ')}`,
      );
    case 'config.pending':
      return own(pendingText(event.changes), true);
    case 'config.invalid':
      return own(`the config is invalid, and nothing is changed: ${event.problems.join('; ')}`, true);
    case 'config.unwatched':
      return own(
        `the config files cannot be watched (${event.reason}); after a change run \`gwproxy reload\``,
        true,
      );
    case 'app.stopping':
      return own(
        event.atOnce
          ? 'stopping at once'
          : 'stopping: gateways finish their requests first; a second signal stops at once',
      );
    case 'app.stopped':
      return own('stopped');
  }
}

function pendingText(changes: readonly string[]): string {
  const lines = changes.join('; ');
  return changes.every((change) => change === LISTEN_CHANGED)
    ? `the config has a change that is not applied: ${lines}`
    : `the config has changes, and none of them is applied, since one of them restarts or ends a gateway; \`gwproxy reload\` applies all of them: ${lines}`;
}

function skippedText({
  action,
  moment,
  timezone,
  reason,
}: Extract<Event, { type: 'schedule.skipped' }>): string {
  const when = momentText(moment, timezone);
  return reason === 'missed'
    ? `its scheduled ${action} of ${when} was missed, since this machine slept or its clock was set; it is left out, and the schedule goes on`
    : action === 'run'
      ? `its scheduled run of ${when} is left out, since the one before it has not ended`
      : `its scheduled restart of ${when} is left out, since the one before it is not done yet: gateways that are due are restarted one after the other, and together they take longer than the schedule leaves them`;
}

function unreadableText({
  count,
  newer,
  file,
  reason,
}: Extract<Event, { type: 'spool.unreadable' }>): string {
  const what = counted(count, 'spool file');
  const instead = newer === 0 ? '' : `; a newer gwproxy wrote ${newer} of them, and reads them`;
  return `${what} cannot be read (${file}: ${reason})${instead}; \`gwproxy spool\` lists them`;
}

function spoolFailure({ action, reason, count }: Extract<Event, { type: 'spool.failed' }>): string {
  const times = count === 1 ? '' : ` ${count} times`;
  switch (action) {
    case 'keep':
      return `deliveries cannot be spooled, and 503 was answered${times} (${reason})`;
    case 'read':
      return `reading a spooled delivery failed${times} (${reason}); gwproxy will try again`;
    case 'send':
      return `sending a spooled delivery failed${times} (${reason}); it stays in the spool until gwproxy is started again`;
    case 'remove':
    case 'bury':
      return `recording the end of a spooled delivery failed${times} (${reason}); it may be delivered again after gwproxy is started again`;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function leftoverText({
  profiles,
  processes,
  survivors,
  port,
}: Extract<Event, { type: 'run.leftover' }>): string {
  const total = processes + survivors;
  const what = total === 1 ? 'a process' : `${total} processes`;
  const whose = profiles.length === 0 ? '' : ` of ${profiles.join(', ')}`;
  const held = port === null ? '' : ` and still held port ${port}`;
  const ended = total === 1 ? 'it has been ended' : 'they have been ended';
  const outcome = survivors === 0 ? ended : `${survivors} of ${total} could not be ended`;
  return `${what}${whose} outlived the gateway${held}; ${outcome}`;
}
