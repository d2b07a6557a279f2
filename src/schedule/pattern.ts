import { Cron } from 'croner';

/** What a field of a pattern holds, in the order in which the fields are written. */
interface Field {
  readonly name: string;
  readonly values: string;
  /** A range and a step, as an example. */
  readonly example: string;
}

const SECOND: Field = { name: 'second', values: '0 to 59', example: '0-30 or */10' };
const FIELDS: readonly Field[] = [
  { name: 'minute', values: '0 to 59', example: '0-30 or */10' },
  { name: 'hour', values: '0 to 23', example: '9-17 or */6' },
  { name: 'day of the month', values: '1 to 31, L for the last one', example: '1-7 or 15W' },
  { name: 'month', values: '1 to 12 or JAN to DEC', example: '1-6 or */3' },
  { name: 'weekday', values: '0 (Sunday) to 6 or SUN to SAT', example: 'MON-FRI or FRI#2' },
];

/** Nicknames of crontab(5). There is no @reboot, which is no time. */
const NICKNAMES = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'];

/** The longest pattern in characters; the work on a pattern grows with its length. */
const LONGEST = 200;

/** What is said of patterns in general; follows 'must be'. */
export const PATTERN = "a cron pattern in quotes, such as '0 4 * * *' (every day at 4:00)";

const FORM =
  "write five (minute, hour, day of the month, month, weekday), such as '0 4 * * *', or six with seconds first";

/**
 * How cron patterns are read. Times of a fixed hour and minute in the hour that is skipped when the clocks go forward
 * are moved behind it, and in the hour that is repeated they come once, as with crontab(5) of Vixie cron; others
 * (`*`, steps) follow the clock.
 */
export const READING = { paused: true, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' } as const;

/**
 * Says what is wrong with a cron pattern, and what to write instead; follows the name of its field. Null if it is
 * valid. Pure.
 */
export function patternMistake(pattern: string): string | null {
  if (pattern.length > LONGEST) return `is longer than ${LONGEST} characters; ${FORM}`;
  const written = pattern.trim();
  if (written.startsWith('@')) {
    const isKnown = NICKNAMES.includes(written.toLowerCase());
    return isKnown
      ? null
      : `cannot be '${written}'; write ${NICKNAMES.join(', ')} or five fields, such as '0 4 * * *'`;
  }
  const parts = written.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    return `has ${parts.length === 1 ? '1 field' : `${parts.length} fields`}; ${FORM}`;
  }
  const fields = parts.length === 6 ? [SECOND, ...FIELDS] : FIELDS;
  for (const [at, field] of fields.entries()) {
    const alone = parts.map((part, index) => (index === at ? part : '*')).join(' ');
    if (!isReadable(alone)) return fieldMistake(field, parts[at] ?? '');
  }
  if (!isReadable(written)) return `cannot be read; ${FORM}`;
  // croner looks for a moment until the year 9999. A pattern names no year, so it does not matter where that begins.
  return new Cron(written, { ...READING, timezone: 'UTC' }).nextRun(new Date(0)) === null
    ? 'is a date that never comes, such as 31 February; correct its day or its month'
    : null;
}

function isReadable(pattern: string): boolean {
  try {
    return new Cron(pattern, READING) instanceof Cron;
  } catch {
    // The caller says in the config's words what is wrong.
    return false;
  }
}

function fieldMistake({ name, values, example }: Field, part: string): string {
  return `has the ${name} '${part}'; write ${values}, a range or step such as ${example}, a list of these with commas, or *`;
}
