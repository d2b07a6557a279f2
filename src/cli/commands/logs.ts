import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../../errors.ts';
import { findLogs } from '../logs/log-sources.ts';
import { LogView } from '../logs/log-view.ts';
import { exitWhenStdoutCloses } from '../output/closed-stdout.ts';

const LOOK_EVERY = 200;
/** How often it is looked whether a reload or a restart has moved files, or brought profiles. */
const FIND_EVERY = 2000;

export interface LogsOptions {
  /** None: all. `gwproxy` is gwproxy's own log. */
  readonly profiles: readonly string[];
  readonly follow: boolean;
  /** As it was typed. */
  readonly lines: string;
  /** With the time of each line. */
  readonly timestamps?: boolean;
}

/**
 * Prints the last lines of each profile's output, ordered by time; with `follow` goes on with what comes, until SIGINT or
 * SIGTERM. Whether a gwproxy runs does not matter. Throws a CommandError: 2 for an unknown profile or a count that is
 * none, 1 where a file cannot be read.
 */
export async function logs(configFile: string, options: LogsOptions): Promise<void> {
  const count = readCount(options.lines);
  const found = await findLogs(configFile, options.profiles);
  exitWhenStdoutCloses();
  const view = new LogView({ ...options, count });
  view.setSources(found);
  const shown = await view.printNew();
  if (options.follow) await follow(configFile, options, view);
  else if (!shown && count > 0) console.error('there is no output yet');
  await view.close();
}

async function follow(configFile: string, options: LogsOptions, view: LogView): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  let foundAt = performance.now();
  while (!stop.signal.aborted) {
    await pause(LOOK_EVERY, undefined, { signal: stop.signal }).catch(() => {});
    if (performance.now() - foundAt >= FIND_EVERY) {
      foundAt = performance.now();
      // A config that is half-written, or away, changes nothing of what is shown.
      const found = await findLogs(configFile, options.profiles).catch(() => null);
      if (found !== null) view.setSources(found);
    }
    await view.printNew();
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
}

function readCount(written: string): number {
  if (/^\d{1,9}$/.test(written)) return Number(written);
  throw new CommandError(EXIT.usage, `-n takes a whole number of lines, such as -n 100; not '${written}'`);
}
