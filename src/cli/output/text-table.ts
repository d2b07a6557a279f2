import type { ProfileStatus, Status } from '../../admin/status.ts';
import { LISTEN_CHANGED } from '../../config/change/diff.ts';
import { visible } from '../../util/visible.ts';

/** Columns as wide as their widest cell, two spaces apart; no trailing spaces. */
export function table(written: readonly (readonly string[])[]): string {
  // A cell with a line break could look like a row of its own.
  const rows = written.map((row) => row.map(visible));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const HEADER = [
  'PROFILE',
  'STATE',
  'PID',
  'LISTENERS',
  'UPTIME',
  'RESTARTS',
  'MEMORY',
  'IN FLIGHT',
  'HELD',
  'REQUESTS',
  'LAST ERROR',
];

/** Shown below the pending changes: with `watch: safe`, all changes of a save are applied or none. */
const NONE_APPLIED =
  'none of these changes is applied, since one of them restarts or ends a gateway; `gwproxy reload` applies all of them';

/** The table that `gwproxy status` prints; `now` is epoch ms. */
export function statusTable(status: Status, now: number): string {
  const head = `gwproxy ${status.version}  pid ${status.pid}  listening on ${status.listen}  up ${duration(status.uptime_s)}`;
  const hasSchedules = status.profiles.some(({ schedule }) => schedule !== null);
  const rows = status.profiles.map((profile) => [
    profile.name,
    stateText(profile, now),
    ...(hasSchedules ? [scheduleText(profile, now)] : []),
    profile.pid === null ? '-' : String(profile.pid),
    profile.listeners.map(listenerText).join(' ') || '-',
    profile.uptime_s === null ? '-' : duration(profile.uptime_s),
    String(profile.restarts),
    profile.rss_bytes === null ? '-' : `${Math.round(profile.rss_bytes / 1024 / 1024)} MiB`,
    String(profile.in_flight),
    String(profile.held),
    String(profile.requests),
    errorText(profile),
  ]);
  const lines = status.profiles.flatMap(({ name, dropped_lines: dropped }) =>
    dropped > 0 ? [`${name} ${dropped}`] : [],
  );
  const spooled = status.profiles.flatMap(spooledText);
  const skipped = status.profiles.flatMap(({ name, schedule }) =>
    schedule === null || schedule.skipped === 0 ? [] : [`${name} ${schedule.skipped}`],
  );
  const notes = [
    ...(status.config_error === null ? [] : [`the config is not applied: ${status.config_error}`]),
    ...status.config_pending.map((change) => `the config has a change that is not applied: ${change}`),
    ...(status.config_pending.some((change) => change !== LISTEN_CHANGED) ? [NONE_APPLIED] : []),
    ...status.failing_logs.map(({ file, reason }) => `the log file ${file} cannot be written: ${reason}`),
    ...(lines.length === 0 ? [] : [`lines of output that are in no log: ${lines.join(', ')}`]),
    ...(status.profiles.some((profile) => errorText(profile) !== (profile.last_error ?? '-'))
      ? ['a last error that ends with … is whole in `gwproxy status --json`']
      : []),
    ...(skipped.length === 0
      ? []
      : [`moments of schedules that were skipped: ${skipped.join(', ')}; \`gwproxy logs gwproxy\` says why`]),
    ...(spooled.length === 0 ? [] : [`spooled: ${spooled.join('; ')}; see \`gwproxy spool\``]),
    ...(status.spool_error === null ? [] : [`the spool has failed: ${status.spool_error}`]),
    ...(status.spool_unreadable === 0
      ? []
      : [`spool files that cannot be read: ${status.spool_unreadable}; see \`gwproxy spool\``]),
    ...Object.entries(status.orphaned).map(
      ([name, count]) => `spooled for ${name}, which is not in the config: ${count}; see \`gwproxy spool\``,
    ),
  ];
  const [name = '', state = '', ...others] = HEADER;
  const header = hasSchedules ? [name, state, 'SCHEDULE', ...others] : HEADER;
  return [head, ...notes, '', table([header, ...rows])].join('\n');
}

/** Characters of a reason in the table: what a gateway wrote last may be long. */
const ERROR_WIDTH = 160;

function errorText({ last_error: error }: ProfileStatus): string {
  if (error === null) return '-';
  const shown = [...visible(error)];
  return shown.length <= ERROR_WIDTH ? error : `${shown.slice(0, ERROR_WIDTH - 1).join('')}…`;
}

function spooledText({ name, spooled, dead, lost }: ProfileStatus): readonly string[] {
  const parts = [
    ...(spooled > 0 ? [`${spooled} waiting`] : []),
    ...(dead > 0 ? [`${dead} dead`] : []),
    ...(lost > 0 ? [`${lost} lost`] : []),
  ];
  return parts.length === 0 ? [] : [`${name} ${parts.join(', ')}`];
}

function stateText(profile: ProfileStatus, now: number): string {
  if (profile.state === 'stopped' && profile.desired === 'on-demand') return 'stopped (on demand)';
  if (profile.schedule?.action === 'run') {
    if (profile.state === 'stopped' && profile.desired === 'scheduled') return 'waiting';
    if (profile.state === 'ready') return 'running';
  }
  if (profile.state !== 'backoff' || profile.next_start_at === null) return profile.state;
  return `backoff ${duration(Math.max(0, Math.ceil((Date.parse(profile.next_start_at) - now) / 1000)))}`;
}

/** `restart in 5h 12m`, or for a job `run in 5h 12m; the last took 40s`. */
function scheduleText({ schedule, desired, last_exit: exit }: ProfileStatus, now: number): string {
  if (schedule === null || schedule.next_at === null) return '-';
  if (schedule.action === 'run' && desired === 'down') return '-';
  const seconds = Math.ceil((Date.parse(schedule.next_at) - now) / 1000);
  const next = `${schedule.action} in ${duration(Math.max(0, seconds))}`;
  return schedule.action === 'run' && exit !== null
    ? `${next}; the last took ${duration(exit.uptime_s)}`
    : next;
}

function listenerText(listener: ProfileStatus['listeners'][number]): string {
  return `${listener.name}:${listener.port ?? '?'}${listener.ready ? '' : ' (not ready)'}`;
}

/** Cuts the text to a terminal's width, and to one line less than its height, so that it does not scroll. Pure. */
export function fitted(
  text: string,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const lines = text.split('\n');
  const room = Math.max(1, rows - 1);
  const kept = lines.length <= room ? lines : lines.slice(0, room - 1);
  const more = lines.length - kept.length;
  return [...kept, ...(more > 0 ? [`… and ${more} more`] : [])]
    .map((line) => [...line].slice(0, columns).join(''))
    .join('\n');
}

/** Seconds as a person reads them: 42s, 5m 3s, 2h 5m, 3d 4h. */
export function duration(seconds: number): string {
  const units: [number, string][] = [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first === -1) return '0s';
  return units
    .slice(first, first + 2)
    .map(([size, unit], index) => {
      const above = units[first + index - 1];
      const count = Math.floor((index === 0 || above === undefined ? seconds : seconds % above[0]) / size);
      return count === 0 && index > 0 ? '' : `${count}${unit}`;
    })
    .join(' ')
    .trim();
}
