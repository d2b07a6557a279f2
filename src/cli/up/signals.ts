import { isatty } from 'node:tty';
import type { App } from '../../app.ts';
import { errorMessage } from '../../util/errno.ts';
import { printError } from '../print.ts';

/** The functions of an App that signals call. */
export interface SignalTarget {
  readonly stop: App['stop'];
  reload(): Promise<unknown>;
}

/**
 * Handles signals: SIGINT and SIGTERM stop in order, a second one at once. SIGHUP reloads the config, as with any daemon;
 * with a terminal it means that the terminal was closed, and stops in order too.
 */
export function handleSignals(app: SignalTarget, terminal: boolean): void {
  let stopping = false;
  const stop = (signal: string): void => {
    void app.stop({ signal, atOnce: stopping });
    stopping = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', (signal) => {
    if (terminal) stop(signal);
    else void reload(app);
  });
}

/** True if the process has a terminal; in the background, under a service manager or under nohup it has none. */
export function hasTerminal(): boolean {
  return isatty(0) || isatty(1) || isatty(2);
}

async function reload(app: SignalTarget): Promise<void> {
  try {
    await app.reload();
  } catch (error) {
    // Problems of the config are reported as an event; this is for unexpected errors.
    printError(`gwproxy: the reload failed: ${errorMessage(error)}`);
  }
}
