import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../errors.ts';
import { pm2AppOf, pm2HomeOf } from '../../supervisor/ports/pm2-daemon.ts';
import { programOf } from '../../supervisor/ports/socket-holders.ts';
import { HAS_PROC, readPids, readProc } from '../../supervisor/tree/proc.ts';
import { readDump } from '../pm2/source/ecosystem-file.ts';
import type { App } from '../pm2/source/pm2-app.ts';

/** One app that pm2 runs, or would start at boot. */
export interface Pm2App {
  /** Null if it is only in the dump. */
  readonly pid: number | null;
  /** Its name in pm2; null if its environment cannot be read. */
  readonly name: string | null;
  /** Absolute: a script, or a compiled program. */
  readonly script: string;
  /** Null if unknown: pm2 hides those of Node programs. */
  readonly args: readonly string[] | null;
  readonly cwd: string | null;
  /** PM2_HOME of its daemon. */
  readonly pm2Home: string;
}

export interface Pm2Apps {
  readonly apps: readonly Pm2App[];
  /** Dumps that could not be read; the reason names the file. */
  readonly unread: readonly { readonly pm2Home: string; readonly reason: string }[];
}

/**
 * What pm2's daemons run, and what their dumps would start at boot. Read from processes and files: asking pm2 itself
 * would start a daemon if none runs.
 */
export async function pm2Apps(env: NodeJS.ProcessEnv, home: string): Promise<Pm2Apps> {
  const processes = HAS_PROC ? procProcesses() : await psProcesses();
  const daemons = processes.flatMap(({ pid, title }) => {
    const pm2Home = pm2HomeOf(title);
    return pm2Home === null ? [] : [{ pid, pm2Home }];
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
  /** The command line; its words are separated by NUL on Linux, else by spaces. */
  readonly title: string;
}

function procProcesses(): readonly Process[] {
  return readPids().flatMap((pid) => {
    const title = readProc(`/proc/${pid}/cmdline`);
    // A kernel thread has no command line.
    if (title === null || title === '') return [];
    const program = programOf(pid);
    return program === null ? [] : [{ pid, parent: program.parent, title }];
  });
}

/** From ps(1), on systems without /proc. */
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

/** Reads the output of `ps -o pid=,ppid=,command=`. Pure. */
export function parsePs(text: string): readonly Process[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, title] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return title === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), title }];
  });
}

function appOf(pid: number, title: string, pm2Home: string): readonly Pm2App[] {
  const words = title.split('\0');
  // pm2 sets the title of a Node app to `node /srv/bot.js`, padded, which overwrites its arguments.
  const titled = /^(?:node|bun) (\/.+?)[\s\0]*$/.exec(title)?.[1];
  const info = HAS_PROC ? pm2AppOf(pid) : null;
  const script = info?.script ?? titled;
  if (script === undefined) return [];
  const at = titled === undefined ? words.indexOf(script) : -1;
  const args =
    at === -1
      ? null
      : words.slice(at + 1).filter((word, index, all) => word !== '' || index < all.length - 1);
  return [{ pid, name: info?.name ?? null, script, args, cwd: info?.cwd ?? null, pm2Home }];
}

/** What the dump of that daemon starts at boot. A dump that cannot be read is reported, not thrown. */
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
