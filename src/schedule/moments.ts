import { Cron } from 'croner';
import { READING } from './pattern.ts';

/** A cron pattern and the time zone in which it is read; null: that of this machine. */
export interface Timetable {
  readonly pattern: string;
  readonly timezone: string | null;
}

/** The first moment after that one (both epoch ms); null if there is none. Pure, except for this machine's time zone. */
export type Moments = (after: number) => number | null;

/** Reads a timetable that is valid; throws croner's error for another one. */
export function momentsOf({ pattern, timezone }: Timetable): Moments {
  const cron = new Cron(pattern, { ...READING, ...(timezone === null ? {} : { timezone }) });
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? null;
}
