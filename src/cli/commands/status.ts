import { setTimeout as wait } from 'node:timers/promises';
import { parseStatus } from '../../admin/status.ts';
import { askRunning } from '../ask-running.ts';
import { withConfig } from '../config-hint.ts';
import { exitWhenStdoutCloses } from '../output/closed-stdout.ts';
import { fitted, statusTable } from '../output/text-table.ts';
import { print, printJson } from '../print.ts';

const WATCH_EVERY_MS = 1000;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

/** The size is read each time, since a window may be resized. */
function fittedToScreen(text: string): string {
  const { columns, rows } = process.stdout;
  return fitted(text, { columns, rows });
}

/** Prints the status of the running gwproxy; with `watch` again every second, until gwproxy ends or the user interrupts. */
export async function status(
  configFile: string,
  options: { readonly json: boolean; readonly watch: boolean },
): Promise<void> {
  exitWhenStdoutCloses();
  do {
    const answer = await askRunning(configFile, 'GET', '/status');
    const isScreen = options.watch && process.stdout.isTTY;
    if (isScreen) process.stdout.write(CLEAR_SCREEN);
    if (options.json) printJson(answer);
    else {
      const text = withConfig(statusTable(parseStatus(answer), Date.now()), configFile);
      print(isScreen ? fittedToScreen(text) : text);
    }
    if (options.watch) await wait(WATCH_EVERY_MS);
  } while (options.watch);
}
