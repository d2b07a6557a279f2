import { type AppCommand, commandOf, type Machine } from './app-command.ts';
import { note } from './notes.ts';
import type { App } from './source/pm2-app.ts';

/**
 * The command of an app. pm2 has relative paths begin in the folder where it is called, the machine's own; many who
 * write them mean that of the file, `atFile`'s, which is tried second. Where the app could be started from either,
 * and would be another, that is told. `atFile` is null where there is but one folder.
 */
export function commandFromEither(app: App, machine: Machine, atFile: Machine | null): AppCommand {
  const launch = commandOf(app, machine);
  if (atFile === null) return launch;
  const other = commandOf(app, atFile);
  if (!launch.ok) {
    if (other.ok || other.reason === launch.reason) return other;
    return { ok: false, reason: `${launch.reason}, and ${other.reason}` };
  }
  if (!other.ok || isSame(launch, other)) return launch;
  const text = `begin in ${machine.folder}, as by \`pm2 start\` called there; in ${atFile.folder} too there is what could be started: if that was meant, run init there`;
  return { ...launch, notes: [...launch.notes, note('script, cwd', text)] };
}

function isSame(one: AppCommand & { ok: true }, other: AppCommand & { ok: true }): boolean {
  const sameWords = one.command.length === other.command.length;
  return (
    one.cwd === other.cwd && sameWords && one.command.every((word, index) => word === other.command[index])
  );
}
