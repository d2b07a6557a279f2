import { LARGEST_STORE } from '../../config/schema/units.ts';
import { patternMistake } from '../../schedule/pattern.ts';
import { duration } from '../../util/duration.ts';
import { type Mapped, type Note, note, type Plain, sizeText } from './notes.ts';
import { bytesOf, isFalsy, msOf, numberOf } from './pm2-values.ts';
import type { App, FieldName } from './source/pm2-app.ts';

/** pm2's defaults; times in ms. */
const PM2 = { maxRestarts: 16, minUptime: 1000, longestBackoff: 15_000, stableAfter: 30_000 } as const;
/** gwproxy's default first and longest wait before a restart, in ms. */
const WAITS = { min: 500, max: 30_000 } as const;
/** gwproxy's default start_timeout, in ms. */
export const START_TIMEOUT = 60_000;
/** ms; the longest duration that the config accepts. */
const LONGEST = 2 ** 31 - 1;

/** `restart`: when and how soon pm2 starts an app again that exited (lib/God.js, handleExit). */
export function restartOf(app: App): Mapped {
  const notes: Note[] = [];
  const waits = waitsOf(app, notes);
  const restart: Readonly<Record<string, Plain>> = {
    ...(endsByItself(app) ? { when: 'never' } : {}),
    ...waits.fields,
    ...exitCodes(app, notes),
    ...giveUpOf(app, waits, notes),
    ...scheduleOf(app, notes),
  };
  return { fields: Object.keys(restart).length > 0 ? { restart } : {}, notes };
}

/** The pattern of `cron_restart`; null if there is none. pm2 takes a '0' for none, too. */
function patternOf({ fields }: App): string | null {
  const written = fields.get('cron_restart');
  return isFalsy(written) ? null : String(written).trim().replace(/\s+/g, ' ');
}

/** pm2 reads patterns with croner 4, which takes some that no crontab does, such as 5/5. */
function scheduleOf(app: App, notes: Note[]): Readonly<Record<string, Plain>> {
  const pattern = patternOf(app);
  if (pattern === null) return {};
  const mistake = patternMistake(pattern);
  if (mistake === null) return { schedule: pattern };
  const key = endsByItself(app) ? 'run' : 'restart';
  notes.push(note('cron_restart', `'${pattern}' ${mistake}; then add it as ${key}: { schedule: '…' }`));
  return {};
}

/** An app that pm2 runs at certain times, and does not start again when it has ended, is a job. */
export function isJob(app: App): boolean {
  const pattern = patternOf(app);
  return pattern !== null && patternMistake(pattern) === null && endsByItself(app);
}

function endsByItself({ fields }: App): boolean {
  return isFalse(fields.get('autorestart'));
}

/** A job whose times are still to be corrected: nothing runs it by itself. */
function isUnread(app: App): boolean {
  return patternOf(app) !== null && endsByItself(app);
}

/** `run`, and what else of an app concerns a job. */
export function jobOf(app: App): Mapped {
  const { fields, notes } = limitsOf(app);
  const { start: _start, start_timeout: _timeout, ...rest } = fields;
  const text =
    'with autorestart: false it is a job, and becomes run: it runs at these times only, while pm2 also runs it when it is started; `gwproxy start NAME` runs it now';
  return {
    fields: { ...rest, run: { schedule: patternOf(app) ?? '' } },
    notes: [...notes.filter(({ field }) => field !== 'listen_timeout'), note('cron_restart', text)],
  };
}

interface Waits {
  readonly min: number;
  readonly max: number;
  readonly fields: Readonly<Record<string, Plain>>;
}

function waitsOf(app: App, notes: Note[]): Waits {
  const exponential = numberIn(app, 'exp_backoff_restart_delay', notes);
  const fixed = numberIn(app, 'restart_delay', notes);
  if (exponential !== undefined && exponential > 0) {
    const min = clamped(exponential);
    const max = Math.max(min, PM2.longestBackoff);
    notes.push(
      note(
        'exp_backoff_restart_delay',
        'the wait between restarts doubles in gwproxy; in pm2 it grows by half',
      ),
    );
    const fields = { min: duration(min), max: duration(max), reset: duration(PM2.stableAfter) };
    return { min, max, fields };
  }
  if (fixed !== undefined && fixed > 0) {
    const wait = clamped(fixed);
    return { min: wait, max: wait, fields: { min: duration(wait), max: duration(wait) } };
  }
  return { ...WAITS, fields: {} };
}

function exitCodes(app: App, notes: Note[]): Readonly<Record<string, Plain>> {
  const written = app.fields.get('stop_exit_codes');
  if (written === undefined) return {};
  const codes = (Array.isArray(written) ? written : [written]).map(numberOf);
  const right = codes.filter(
    (code) => code !== undefined && Number.isInteger(code) && code >= 0 && code <= 255,
  );
  if (right.length < codes.length)
    notes.push(note('stop_exit_codes', 'only exit codes from 0 to 255 are used; the others are left out'));
  if (right.length === 0) return {};
  if (right.includes(0)) {
    notes.push(
      note(
        'stop_exit_codes',
        'pm2 counts an exit by a signal as code 0; gwproxy counts it as a crash and restarts the gateway',
      ),
    );
  }
  return { exit_codes: Object.fromEntries(right.map((code) => [String(code), 'stop'])) };
}

/**
 * pm2 gives up at the `max_restarts`th exit that came within `min_uptime` of its start. gwproxy counts the restarts
 * within a period: here as many runs of `min_uptime`, and the waits between them.
 */
function giveUpOf(app: App, { min, max }: Waits, notes: Note[]): Readonly<Record<string, Plain>> {
  if (!app.fields.has('max_restarts') && !app.fields.has('min_uptime')) return {};
  const exits = Math.max(1, Math.floor(numberIn(app, 'max_restarts', notes) ?? PM2.maxRestarts));
  const uptime = msIn(app, 'min_uptime', notes) ?? PM2.minUptime;
  const restarts = Math.min(10_000, exits - 1);
  let within = exits * uptime;
  // Each wait doubles and is randomised within its upper half: the longest possible counts.
  for (let attempt = 0; attempt < restarts; attempt += 1)
    within += Math.min(max, min * 2 ** Math.min(40, attempt + 1));
  const time = duration(clamped(Math.ceil(within / 1000) * 1000));
  notes.push(
    note(
      app.fields.has('max_restarts') ? 'max_restarts' : 'min_uptime',
      `after more than ${restarts} restarts within ${time}, waits included, the profile is failed until \`gwproxy start NAME\`; pm2 counts only exits within ${duration(uptime)} of a start`,
    ),
  );
  return { give_up: { restarts, within: time } };
}

/** How an app is started and stopped, its user, and its memory limit. */
export function limitsOf(app: App): Mapped {
  const notes: Note[] = [];
  const grace = numberIn(app, 'kill_timeout', notes);
  const fields: Readonly<Record<string, Plain>> = {
    ...(isFalse(app.fields.get('autostart')) || isUnread(app) ? { start: 'manual' } : {}),
    ...startTimeout(app, notes),
    ...maxMemory(app, notes),
    ...identity(app),
    ...(grace !== undefined && grace > 0 ? { stop: { grace: duration(clamped(grace)) } } : {}),
  };
  return { fields, notes };
}

/** After listen_timeout pm2 considers an app ready; gwproxy ends and restarts one that is not ready in time. */
function startTimeout(app: App, notes: Note[]): Readonly<Record<string, Plain>> {
  const timeout = numberIn(app, 'listen_timeout', notes);
  return timeout === undefined || timeout <= START_TIMEOUT
    ? {}
    : { start_timeout: duration(clamped(timeout)) };
}

function maxMemory(app: App, notes: Note[]): Readonly<Record<string, Plain>> {
  const written = app.fields.get('max_memory_restart');
  if (written === undefined) return {};
  const bytes = bytesOf(written);
  if (bytes === undefined || bytes <= 0 || bytes > LARGEST_STORE) {
    const why =
      bytes !== undefined && bytes > LARGEST_STORE ? 'is more than max_memory allows' : 'is not a size';
    notes.push(note('max_memory_restart', `${why}; left out`));
    return {};
  }
  return { max_memory: sizeText(bytes) };
}

function identity(app: App): Readonly<Record<string, Plain>> {
  const user = nameOrNumber(app.fields.get('uid'));
  const group = nameOrNumber(app.fields.get('gid'));
  return { ...(user === undefined ? {} : { user }), ...(group === undefined ? {} : { group }) };
}

function nameOrNumber(value: unknown): string | number | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? value : undefined;
}

function numberIn(app: App, field: FieldName, notes: Note[]): number | undefined {
  return read(app, field, numberOf, 'a number', notes);
}

function msIn(app: App, field: FieldName, notes: Note[]): number | undefined {
  return read(app, field, msOf, 'a time such as 5s', notes);
}

function read(
  app: App,
  field: FieldName,
  parse: (value: unknown) => number | undefined,
  what: string,
  notes: Note[],
): number | undefined {
  const written = app.fields.get(field);
  if (written === undefined) return undefined;
  const value = parse(written);
  if (value === undefined) notes.push(note(field, `is not ${what}; left out`));
  return value;
}

function isFalse(value: unknown): boolean {
  return value === false || value === 'false';
}

function clamped(ms: number): number {
  return Math.min(LONGEST, Math.max(1, Math.round(ms)));
}
