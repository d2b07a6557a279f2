import { LARGEST_STORE } from '../../config/schema/units.ts';
import { duration } from '../../util/duration.ts';
import { type Mapped, type Note, note, type Plain, sizeText } from './notes.ts';
import { bytesOf, msOf, numberOf } from './pm2-values.ts';
import type { App, FieldName } from './source/pm2-app.ts';

/** What pm2 does where the app does not say. */
const PM2 = { maxRestarts: 16, minUptime: 1000, longestBackoff: 15_000, stableAfter: 30_000 } as const;
/** The config's own first and longest wait. */
const WAITS = { min: 500, max: 30_000 } as const;
/** The config's own, in ms. */
export const START_TIMEOUT = 60_000;
const LONGEST = 2 ** 31 - 1;

/** When and how soon pm2 starts an ended app again (lib/God.js, handleExit). */
export function restartOf(app: App): Mapped {
  const notes: Note[] = [];
  const waits = waitsOf(app, notes);
  const restart: Readonly<Record<string, Plain>> = {
    ...(isFalse(app.fields.get('autorestart')) ? { when: 'never' } : {}),
    ...waits.fields,
    ...exitCodes(app, notes),
    ...giveUpOf(app, waits, notes),
  };
  return { fields: Object.keys(restart).length > 0 ? { restart } : {}, notes };
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
    notes.push(note('exp_backoff_restart_delay', 'the wait doubles here, and grows by half in pm2'));
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
    notes.push(note('stop_exit_codes', 'what is no exit code from 0 to 255 is left out'));
  if (right.length === 0) return {};
  if (right.includes(0)) {
    notes.push(
      note('stop_exit_codes', 'to pm2 an end by a signal is code 0 too; here it is a crash, and restarted'),
    );
  }
  return { exit_codes: Object.fromEntries(right.map((code) => [String(code), 'stop'])) };
}

/**
 * pm2 gives up at the `max_restarts`th exit that came within `min_uptime` of its start. Here restarts within a time
 * are counted: that of so many lives of min_uptime, and of the waits between them.
 */
function giveUpOf(app: App, { min, max }: Waits, notes: Note[]): Readonly<Record<string, Plain>> {
  if (!app.fields.has('max_restarts') && !app.fields.has('min_uptime')) return {};
  const exits = Math.max(1, Math.floor(numberIn(app, 'max_restarts', notes) ?? PM2.maxRestarts));
  const uptime = msIn(app, 'min_uptime', notes) ?? PM2.minUptime;
  const restarts = Math.min(10_000, exits - 1);
  let within = exits * uptime;
  // The longest of each wait: it doubles, and lies in the upper half of the doubled.
  for (let attempt = 0; attempt < restarts; attempt += 1)
    within += Math.min(max, min * 2 ** Math.min(40, attempt + 1));
  const time = duration(clamped(Math.ceil(within / 1000) * 1000));
  notes.push(
    note(
      app.fields.has('max_restarts') ? 'max_restarts' : 'min_uptime',
      `more than ${restarts} restarts within ${time}, waits included, and it is failed until \`gwproxy start\`; pm2 counts in the first ${duration(exits * uptime)} after a start alone`,
    ),
  );
  return { give_up: { restarts, within: time } };
}

/** How pm2 stops an app, and what it takes for too much memory. */
export function limitsOf(app: App): Mapped {
  const notes: Note[] = [];
  const grace = numberIn(app, 'kill_timeout', notes);
  const fields: Readonly<Record<string, Plain>> = {
    ...(isFalse(app.fields.get('autostart')) ? { start: 'manual' } : {}),
    ...startTimeout(app, notes),
    ...maxMemory(app, notes),
    ...identity(app),
    ...(grace !== undefined && grace > 0 ? { stop: { grace: duration(clamped(grace)) } } : {}),
  };
  return { fields, notes };
}

/** Past its listen_timeout pm2 takes an app for ready; here a start that came too late is ended, and tried again. */
function startTimeout(app: App, notes: Note[]): Readonly<Record<string, Plain>> {
  if (app.fields.get('wait_ready') === true) {
    notes.push(
      note(
        'wait_ready',
        "ready is what accepts connections (better: listeners: { main: { health: /path } }); there is no process.send, so write process.send?.('ready')",
      ),
    );
  }
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
      bytes !== undefined && bytes > LARGEST_STORE ? 'is more than max_memory can be' : 'is no size';
    notes.push(note('max_memory_restart', `${why}, and is left out`));
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
  if (value === undefined) notes.push(note(field, `is not ${what}, and is left out`));
  return value;
}

function isFalse(value: unknown): boolean {
  return value === false || value === 'false';
}

function clamped(ms: number): number {
  return Math.min(LONGEST, Math.max(1, Math.round(ms)));
}
