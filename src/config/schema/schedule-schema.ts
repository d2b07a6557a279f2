import { z } from 'zod';
import { PATTERN, patternMistake } from '../../schedule/pattern.ts';
import { isTimeZone, timeZones } from '../../schedule/time-zone.ts';
import { nearest } from '../problems.ts';
import { duration, strict, text } from './fields.ts';

/** A cron pattern, checked. */
export function cronPattern() {
  return text(PATTERN)
    .superRefine((written, context) => {
      const message = written === '' ? null : patternMistake(written);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .transform((written) => written.trim().replace(/\s+/g, ' '));
}

export function timeZone() {
  return text('the name of a time zone, such as Europe/Berlin').superRefine((written, context) => {
    if (isTimeZone(written)) return;
    const meant = nearestZone(written);
    const hint =
      meant === undefined ? "write a name such as 'Europe/Berlin' or 'UTC'" : `did you mean '${meant}'?`;
    context.addIssue({ code: 'custom', message: `is not the name of a time zone; ${hint}` });
  });
}

/** When a job runs. */
export function runSchema() {
  return strict({
    schedule: cronPattern().describe("A cron pattern: '30 2 * * *' is every day at 2:30."),
    timezone: timeZone()
      .optional()
      .describe('The time zone of the schedule, such as Europe/Berlin; by default that of this machine.'),
    timeout: z
      .union([z.literal('never'), duration()], { error: "'never', or a duration such as 1h" })
      .prefault('never')
      .describe('After this time a run that has not ended is stopped, and has failed.'),
  });
}

/** Many write the city alone. */
function nearestZone(written: string): string | undefined {
  const city = written.trim().toLowerCase().replaceAll(' ', '_');
  const zones = timeZones();
  return zones.find((zone) => zone.toLowerCase().endsWith(`/${city}`)) ?? nearest(written, zones);
}
