import { isatty } from 'node:tty';
import type { App } from '../../app.ts';
import { errorMessage } from '../../util/errno.ts';

/** What signals ask of an App. */
export interface SignalTarget {
  readonly stop: App['stop'];
  reload(): Promise<unknown>;
}

/**
 * SIGINT and SIGTERM stop in order, once more at once. SIGHUP reloads, as for any daemon; but with a terminal it
 * says that this has closed, and without an answer it would end gwproxy and leave the gateways: it stops too.
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

/** Whether someone sits at it: in the background, under a service manager or nohup all three lead elsewhere. */
export function hasTerminal(): boolean {
  return isatty(0) || isatty(1) || isatty(2);
}

async function reload(app: SignalTarget): Promise<void> {
  try {
    await app.reload();
  } catch (error) {
    // What is wrong with the config is an event already; this is for what nobody foresaw.
    console.error('gwproxy: the reload failed:', errorMessage(error));
  }
}
