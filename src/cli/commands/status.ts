import { setTimeout as wait } from 'node:timers/promises';
import { parseStatus } from '../../admin/status.ts';
import { askRunning } from '../control.ts';
import { leaveQuietly } from '../leave.ts';
import { statusTable } from '../table.ts';

const WATCH_EVERY_MS = 1000;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

/** Prints what the running gwproxy says of itself; with `watch`, again every second until it ends. */
export async function status(
  configFile: string,
  options: { readonly json: boolean; readonly watch: boolean },
): Promise<void> {
  leaveQuietly();
  do {
    const answer = await askRunning(configFile, 'GET', '/status');
    const text = options.json ? JSON.stringify(answer) : statusTable(parseStatus(answer), Date.now());
    console.log(options.watch && process.stdout.isTTY ? `${CLEAR_SCREEN}${text}` : text);
    if (options.watch) await wait(WATCH_EVERY_MS);
  } while (options.watch);
}
