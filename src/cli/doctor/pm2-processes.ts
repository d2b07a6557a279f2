import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../errors.ts';
import { programOf } from '../../supervisor/ports/socket-holders.ts';
import { HAS_PROC, isGone, readPids, readProc } from '../../supervisor/tree/proc.ts';
import { readDump } from '../pm2/source/ecosystem-file.ts';
import { isPlainObject } from '../pm2/source/plain-object.ts';
import type { App } from '../pm2/source/pm2-app.ts';

/** One app that pm2 runs, or would start again. */
export interface Pm2App {
  /** Null for one that is only in the dump. */
  readonly pid: number | null;
  /** In pm2; null where its environment cannot be read. */
  readonly name: string | null;
  /** Absolute: a script, or a program of its own. */
  readonly script: string;
  /** Null where they cannot be known: pm2 hides those of Node programs. */
  readonly args: readonly string[] | null;
  readonly cwd: string | null;
  /** The PM2_HOME of the daemon. */
  readonly pm2Home: string;
}

export interface Pm2Apps {
  readonly apps: readonly Pm2App[];
  /** The dumps that could not be read; the reason has the path. */
  readonly unread: readonly { readonly pm2Home: string; readonly reason: string }[];
}

const DAEMON = /^PM2 v\S+: God Daemon \((.+?)\)/;

/**
 * What pm2's daemons run, and what their dumps would start at boot. pm2 itself is not asked: that would start a
 * daemon where none runs.
 */
export async function pm2Apps(env: NodeJS.ProcessEnv, home: string): Promise<Pm2Apps> {
  const processes = HAS_PROC ? procProcesses() : await psProcesses();
  const daemons = processes.flatMap(({ pid, title }) => {
    const pm2Home = DAEMON.exec(title)?.[1];
    return pm2Home === undefined ? [] : [{ pid, pm2Home }];
  });
  const running = daemons.flatMap(({ pid: daemon, pm2Home }) =>
    processes
      .filter(({ parent }) => parent === daemon)
      .flatMap(({ pid, title }) => appOf(pid, title, pm2Home)),
  );
  const homes = new Set([env['PM2_HOME'] || join(home, '.pm2'), ...daemons.map(({ pm2Home }) => pm2Home)]);
  const dumps = await Promise.all([...homes].map(dumpOf));
  const dumped = dumps.flatMap(({ apps }) => apps);
  const known = running.map((app) => ({ ...app, args: app.args ?? argsIn(dumped, app) }));
  const isRunning = ({ name, pm2Home }: Pm2App) =>
    known.some((app) => app.pm2Home === pm2Home && (app.name ?? name) === name);
  return {
    apps: [...known, ...dumped.filter((app) => !isRunning(app))],
    unread: dumps.flatMap(({ unread }) => unread),
  };
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The command line, its words parted by NUL where the system keeps them apart. */
  readonly title: string;
}

function procProcesses(): readonly Process[] {
  return readPids().flatMap((pid) => {
    const title = readProc(`/proc/${pid}/cmdline`);
    // A thread of the kernel has none.
    if (title === null || title === '') return [];
    const program = programOf(pid);
    return program === null ? [] : [{ pid, parent: program.parent, title }];
  });
}

/** ps(1), for systems without /proc. */
function psProcesses(): Promise<readonly Process[]> {
  return new Promise((resolve, reject) => {
    execFile(
      'ps',
      ['-axo', 'pid=,ppid=,command='],
      { timeout: 1500, maxBuffer: 16 * 1024 ** 2 },
      (error, stdout) => {
        if (error === null) resolve(parsePs(stdout));
        else reject(error);
      },
    );
  });
}

/** Pure. */
export function parsePs(text: string): readonly Process[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, title] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return title === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), title }];
  });
}

function appOf(pid: number, title: string, pm2Home: string): readonly Pm2App[] {
  const words = title.split('\0');
  // What pm2's container calls itself: `node /srv/bot.js`, padded; the arguments are overwritten.
  const hidden = /^(?:node|bun) (\/.+?)[\s\0]*$/.exec(title)?.[1];
  const said = HAS_PROC ? environmentOf(pid) : null;
  const script = said?.script ?? hidden;
  if (script === undefined) return [];
  const at = hidden === undefined ? words.indexOf(script) : -1;
  const args =
    at === -1
      ? null
      : words.slice(at + 1).filter((word, index, all) => word !== '' || index < all.length - 1);
  return [{ pid, name: said?.name ?? null, script, args, cwd: said?.cwd ?? null, pm2Home }];
}

/** pm2 tells its children what they are; those of a cluster as JSON. Null where that may not be read. */
function environmentOf(pid: number): { script: string; name: string | null; cwd: string | null } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
  return appInEnvironment(text);
}

/** Pure; the text of proc_pid_environ(5). */
export function appInEnvironment(
  text: string,
): { script: string; name: string | null; cwd: string | null } | null {
  const variables = new Map(
    text.split('\0').map((line): [string, string] => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
  const json = variables.get('pm2_env');
  const said = json === undefined ? Object.fromEntries(variables) : parsed(json);
  const script = textOf(said['pm_exec_path']);
  return script === null ? null : { script, name: textOf(said['name']), cwd: textOf(said['pm_cwd']) };
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return isPlainObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** What cannot be read hides nothing of what runs. */
async function dumpOf(pm2Home: string): Promise<Pm2Apps> {
  const file = join(pm2Home, 'dump.pm2');
  if (!existsSync(file)) return { apps: [], unread: [] };
  try {
    return { apps: dumpedApps(await readDump(file), pm2Home), unread: [] };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { apps: [], unread: [{ pm2Home, reason: error.message }] };
  }
}

function dumpedApps(apps: readonly App[], pm2Home: string): readonly Pm2App[] {
  return apps.flatMap((app) => {
    const script = textOf(app.fields.get('script'));
    if (script === null || app.fields.get('autostart') === false) return [];
    const args = argsOf(app);
    return [{ pid: null, name: app.name, script, args, cwd: textOf(app.fields.get('cwd')), pm2Home }];
  });
}

function argsOf(app: App): readonly string[] {
  const args = app.fields.get('args');
  return Array.isArray(args) ? args.map(String) : [];
}

function argsIn(dumped: readonly Pm2App[], { name, script, pm2Home }: Pm2App): readonly string[] | null {
  const same = dumped.find((app) => app.name === name && app.script === script && app.pm2Home === pm2Home);
  return same?.args ?? null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
