import { type AppCommand, commandOf } from './app-command.ts';
import type { Machine } from './local-machine.ts';
import { note } from './notes.ts';
import type { App } from './source/pm2-app.ts';

/**
 * The command of an app. pm2 resolves relative paths from the folder that it is called in (`machine`'s), but many who
 * write them mean the folder of the file (`atFile`'s; null if it is the same), which is tried second. If the app could
 * be started from both, as two different commands, a note says so.
 */
export function commandFromEither(app: App, machine: Machine, atFile: Machine | null): AppCommand {
  const here = commandOf(app, machine);
  if (atFile === null) return here;
  const there = commandOf(app, atFile);
  if (!here.ok) {
    if (there.ok || there.reason === here.reason) return there;
    return { ok: false, reason: `${here.reason}, and ${there.reason}` };
  }
  if (!there.ok || isSame(here, there)) return here;
  const text = `are resolved from ${machine.folder}, as \`pm2 start\` called there does, but they also exist in ${atFile.folder}: if you mean those, run init there`;
  return { ...here, notes: [...here.notes, note('script, cwd', text)] };
}

function isSame(one: AppCommand & { ok: true }, other: AppCommand & { ok: true }): boolean {
  const sameLength = one.command.length === other.command.length;
  return (
    one.cwd === other.cwd && sameLength && one.command.every((word, index) => word === other.command[index])
  );
}
