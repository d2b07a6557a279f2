import { basename, dirname, join, resolve } from 'node:path';
import type { Machine } from './app-command.ts';
import { type Note, note } from './notes.ts';
import type { App } from './source/pm2-app.ts';

export interface LogFile {
  /** Absolute; null: the usual one. */
  readonly file: string | null;
  readonly notes: readonly Note[];
}

/** The file of both streams, where the app names one; `taken` are those of the apps before it. */
export function logFileOf(app: App, cwd: string, machine: Machine, taken: ReadonlySet<string>): LogFile {
  const place = (field: 'log_file' | 'out_file' | 'error_file') => placed(app, field, cwd, machine);
  const all = place('log_file');
  const out = place('out_file');
  const error = place('error_file');
  const notes: Note[] = [];
  const file = [all, out, error].find((path) => path !== null && path !== NOWHERE) ?? null;
  const others = [all, out, error].filter((path) => path !== null && path !== file && path !== NOWHERE);
  if (others.length > 0) {
    const fields = all === null ? 'error_file' : 'out_file, error_file';
    notes.push(note(fields, `stdout and stderr go to one file, ${file}`));
  }
  if ([all, out, error].includes(NOWHERE) || app.fields.get('disable_logs') === true) {
    const field = app.fields.get('disable_logs') === true ? 'disable_logs' : 'out_file, error_file, log_file';
    notes.push(note(field, 'output is kept, in files that are rotated and bounded (logs: in the config)'));
  }
  if (file !== null && taken.has(file)) {
    notes.push(
      note('log_file', `${file} is another app's too; here each has its own, the usual one for this`),
    );
    return { file: null, notes };
  }
  return { file, notes };
}

const NOWHERE = '/dev/null';

/** Null where pm2's own place for it is meant. */
function placed(
  app: App,
  field: 'log_file' | 'out_file' | 'error_file',
  cwd: string,
  machine: Machine,
): string | null {
  const written = app.fields.get(field);
  if (typeof written !== 'string' || written === '') return null;
  if (written === 'NULL' || written === NOWHERE) return NOWHERE;
  const path = written.startsWith('~') ? join(machine.home, written.slice(1)) : resolve(cwd, written);
  return app.kind === 'dump' && isUsual(path, app.name) ? null : path;
}

/** `logs/NAME-out.log` or, of several instances, `logs/NAME-out-3.log` (lib/Common.js, lib/God.js). */
function isUsual(path: string, name: string): boolean {
  const stem = name.replace(/[^a-zA-Z0-9\\.-]/g, '-');
  const ending = basename(path).slice(stem.length);
  return (
    basename(dirname(path)) === 'logs' &&
    basename(path).startsWith(stem) &&
    /^(?:-out|-error)?(?:-\d+)?\.log$/.test(ending)
  );
}
