import { basename, dirname, join, resolve } from 'node:path';
import { isDevicePath } from '../../logs/log-target.ts';
import type { Machine } from './local-machine.ts';
import { type Note, note } from './notes.ts';
import type { App } from './source/pm2-app.ts';

export interface LogFile {
  /** Absolute; null for gwproxy's default file. */
  readonly file: string | null;
  readonly notes: readonly Note[];
}

/**
 * The log file that the app names. gwproxy writes both streams to one file: log_file's, else out_file's, else
 * error_file's. `taken` holds the files of the apps before it, since each profile needs a file of its own.
 */
export function logFileOf(app: App, cwd: string, machine: Machine, taken: ReadonlySet<string>): LogFile {
  const notes: Note[] = [];
  const path = (field: LogField): string | null => {
    const found = pathOf(app, field, cwd, machine);
    const why =
      found === null || found === NOWHERE ? null : noFile(found, String(app.fields.get(field)), machine);
    if (why === null) return found;
    notes.push(note(field, `is ${why}; left out`));
    return null;
  };
  const [all, out, error] = [path('log_file'), path('out_file'), path('error_file')];
  const file = [all, out, error].find((file) => file !== null && file !== NOWHERE) ?? null;
  const others = [all, out, error].filter((other) => other !== null && other !== file && other !== NOWHERE);
  if (others.length > 0) {
    const fields = all === null ? 'error_file' : 'out_file, error_file';
    notes.push(note(fields, `stdout and stderr both go to ${file}`));
  }
  if ([all, out, error].includes(NOWHERE) || isOff(app)) {
    const field = isOff(app) ? 'disable_logs' : 'out_file, error_file, log_file';
    notes.push(
      note(
        field,
        'output is logged nevertheless, to files that are rotated and bounded (logs: in the config)',
      ),
    );
  }
  if (file !== null && taken.has(file)) {
    notes.push(
      note(
        'log_file',
        `${file} is another app's too; each profile needs its own, so this one logs to gwproxy's default file`,
      ),
    );
    return { file: null, notes };
  }
  return { file, notes };
}

const NOWHERE = '/dev/null';

type LogField = 'log_file' | 'out_file' | 'error_file';

function isOff(app: App): boolean {
  return [true, 'true'].some((value) => value === app.fields.get('disable_logs'));
}

/** Why output cannot be logged there, as a clause; null for a file, existing or not. */
function noFile(path: string, written: string, machine: Machine): string | null {
  if (isDevicePath(path)) {
    return 'no file but a device: gwproxy logs to a file that it rotates, and prints the output as JSON lines on its own standard output where that is no terminal';
  }
  const found = machine.entry(path);
  if (found === 'folder' || written.endsWith('/')) return `a folder, and pm2 cannot write to one either`;
  return found === 'other' ? 'neither a file nor a folder: a pipe, a socket or a device' : null;
}

/** Absolute; null if the app names no file, or a dump names pm2's default. */
function pathOf(app: App, field: LogField, cwd: string, machine: Machine): string | null {
  const written = app.fields.get(field);
  if (typeof written !== 'string' || written === '') return null;
  if (written === 'NULL' || written === NOWHERE) return NOWHERE;
  const path = written.startsWith('~') ? join(machine.home, written.slice(1)) : resolve(cwd, written);
  return app.kind === 'dump' && isDefault(path, app.name) ? null : path;
}

/** pm2's default: `logs/NAME-out.log`, or `logs/NAME-out-3.log` for one of several instances (lib/Common.js, lib/God.js). */
function isDefault(path: string, name: string): boolean {
  const stem = name.replace(/[^a-zA-Z0-9\\.-]/g, '-');
  const ending = basename(path).slice(stem.length);
  return (
    basename(dirname(path)) === 'logs' &&
    basename(path).startsWith(stem) &&
    /^(?:-out|-error)?(?:-\d+)?\.log$/.test(ending)
  );
}
