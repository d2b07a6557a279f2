import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../../errors.ts';
import { findLogs } from '../logs/log-sources.ts';
import { LogView } from '../logs/log-view.ts';
import { exitWhenStdoutCloses } from '../output/closed-stdout.ts';
import { printError } from '../print.ts';

/** ms between two reads of the followed files. */
const READ_EVERY = 200;
/** ms between two searches for files that a reload moved, and for new profiles. */
const FIND_EVERY = 2000;

export interface LogsOptions {
  /** Empty for all profiles; `gwproxy` names gwproxy's own log. */
  readonly profiles: readonly string[];
  readonly follow: boolean;
  /** The count as the user typed it. */
  readonly lines: string;
  readonly timestamps?: boolean;
}

/**
 * Prints the last lines of each profile's output, ordered by time; with `follow` also every new line, until SIGINT or
 * SIGTERM. gwproxy need not be running. Throws a CommandError: 2 for an unknown profile or an invalid count, 1 if a file
 * cannot be read.
 */
export async function logs(configFile: string, options: LogsOptions): Promise<void> {
  const count = readCount(options.lines);
  const found = await findLogs(configFile, options.profiles);
  exitWhenStdoutCloses();
  const view = new LogView({ ...options, count });
  view.setSources(found);
  const shown = await view.printNew();
  if (options.follow) await follow(configFile, options, view);
  else if (!shown && count > 0) printError('the gateways have written no output yet');
  await view.close();
}

async function follow(configFile: string, options: LogsOptions, view: LogView): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  let foundAt = performance.now();
  while (!stop.signal.aborted) {
    await pause(READ_EVERY, undefined, { signal: stop.signal }).catch(() => {});
    if (performance.now() - foundAt >= FIND_EVERY) {
      foundAt = performance.now();
      // While the config is half-written or missing, the same files are followed.
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
