import { realpathSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Plan } from '../../config/types.ts';
import { pm2HolderOf } from '../../supervisor/ports/pm2-daemon.ts';
import { shellWord } from '../../util/shell-word.ts';
import { deleteCommand, isDeletableByName } from '../pm2/delete-command.ts';
import { error, type Fault, warn } from './finding.ts';
import { type Pm2App, pm2Apps } from './pm2-processes.ts';
import { addressOf, wantedPorts } from './port-findings.ts';
import { wordOf } from './program-findings.ts';
import type { Subject } from './subject.ts';

/** Finds apps that pm2 runs, or would start at boot, although this config runs them too: two processes of one bot. */
export async function checkPm2({ plan, status, env, home }: Subject): Promise<readonly Fault[]> {
  if (plan === null) return [];
  const { apps, unread } = await pm2Apps(env, home);
  const defaultHome = env['PM2_HOME'] || join(home, '.pm2');
  const ports = await Promise.all(
    wantedPorts(plan, status).map(async ({ host, port, profile }): Promise<readonly HeldPort[]> => {
      const owner = await pm2HolderOf(addressOf(host), port);
      return owner === null ? [] : [{ ...owner, port, profile }];
    }),
  );
  return [
    ...unread.map(({ pm2Home, reason }) =>
      warn(
        `what pm2 would start at boot is unknown: ${reason}`,
        `write it anew with ${pm2At(pm2Home, defaultHome)} save --force`,
      ),
    ),
    ...pm2Faults(commandsOf(plan), apps.map(withRealScript), ports.flat(), defaultHome),
  ];
}

/** A profile's command in the form in which it is compared with pm2's apps. */
export interface Command {
  readonly profile: string;
  /** `text` is null for a word with a port in it; `file` is absolute and without links, null if it names no file. */
  readonly words: readonly { readonly text: string | null; readonly file: string | null }[];
  readonly cwd: string;
}

/** A port of this config that an app of pm2 holds. */
export interface HeldPort {
  readonly pm2Home: string;
  readonly name: string | null;
  readonly port: number;
  /** Null for the public port. */
  readonly profile: string | null;
}

/** At most two findings for each daemon: what it runs, with one command that removes it all, and what it would start. Pure. */
export function pm2Faults(
  commands: readonly Command[],
  apps: readonly Pm2App[],
  ports: readonly HeldPort[],
  defaultHome: string,
): readonly Fault[] {
  const profileOf = (app: Pm2App): string | undefined => {
    const same = commands.filter((command) => isSame(command, app));
    return (same.find(({ profile }) => profile === plainName(app.name)) ?? same[0])?.profile;
  };
  // In the config's order, as `gwproxy init --pm2` prints the command.
  const matched = commands.flatMap(({ profile }) =>
    apps.filter((app) => profileOf(app) === profile).map((app) => ({ ...app, profile })),
  );
  const homes = new Set([...matched, ...ports].map(({ pm2Home }) => pm2Home));
  return [...homes].flatMap((pm2Home) => {
    const own = matched.filter((app) => app.pm2Home === pm2Home);
    const running = own.filter(({ pid }) => pid !== null);
    const known = new Set(running.map(({ profile }) => profile));
    // The daemon itself holds the ports of a cluster: its app is found by its command.
    const others = ports.filter((one) => one.pm2Home === pm2Home && !known.has(one.profile ?? ''));
    const pm2 = pm2At(pm2Home, defaultHome);
    return [...runningFault(running, others, pm2), ...bootFault(own, pm2)];
  });
}

type Matched = Pm2App & { readonly profile: string };

function runningFault(
  running: readonly Matched[],
  ports: readonly HeldPort[],
  pm2: string,
): readonly Fault[] {
  const apps = [...running, ...ports];
  if (apps.length === 0) return [];
  const names = [...new Set(apps.flatMap(({ name }) => (name === null ? [] : [name])))];
  const deletable = names.filter(isDeletableByName);
  const isComplete = deletable.length === names.length && apps.every(({ name }) => name !== null);
  const byId = `as pm2's user: ${pm2} ls, then ${pm2} delete ID for each; ${pm2} save --force`;
  const shown = [...new Set([...running.map(appText), ...ports.map(portText)])];
  const what = `pm2 still runs apps that this config runs too, or holds their ports: ${shown.join(', ')}`;
  return [error(what, isComplete ? deleteCommand(deletable, pm2) : byId)];
}

function bootFault(apps: readonly Matched[], pm2: string): readonly Fault[] {
  const stopped = apps.filter(({ pid }) => pid === null);
  if (stopped.length === 0) return [];
  const shown = [...new Set(stopped.map(appText))];
  return [
    warn(
      `pm2 would start apps at boot that this config runs too: ${shown.join(', ')}`,
      `${pm2} save --force once pm2 runs none of these apps, or ${pm2} unstartup`,
    ),
  ];
}

function appText({ name, profile }: Matched): string {
  return name === null || name === profile ? profile : `${profile} (in pm2 '${name}')`;
}

function portText({ name, port, profile }: HeldPort): string {
  const whose = profile === null ? `the public port ${port}` : `port ${port} of ${profile}`;
  return name === null ? whose : `${whose} (in pm2 '${name}')`;
}

/** How pm2 is called for that daemon. */
function pm2At(pm2Home: string, defaultHome: string): string {
  return pm2Home === defaultHome ? 'pm2' : `PM2_HOME=${shellWord(pm2Home)} pm2`;
}

/** True for the same script with the same arguments, as far as they are known, or some more on one side. Pure. */
export function isSame({ words, cwd }: Command, { script, args, cwd: other }: Pm2App): boolean {
  const at = words.findIndex(({ file }) => file === script);
  if (at === -1) return false;
  const sameFolder = other === null || other === cwd;
  if (args === null) return sameFolder;
  const own = words.slice(at + 1);
  if ((args.length === 0) !== (own.length === 0)) return false;
  const agree = args.every((arg, index) => {
    const word = own[index];
    return word === undefined || word.text === null || word.text === arg;
  });
  // Without arguments, only their folders tell several bots of one script apart.
  return agree && (sameFolder || args.length > 0);
}

function plainName(name: string | null): string | null {
  return name === null ? null : name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function commandsOf({ profiles }: Plan): readonly Command[] {
  return profiles.flatMap(({ name, launch }) => {
    if (launch.kind === 'url') return [];
    const path = launch.env['PATH'] === undefined ? '' : (wordOf(launch.env['PATH']) ?? '');
    const words = launch.command.map((template, index) => {
      const text = wordOf(template);
      return { text, file: text === null ? null : fileOf(text, index === 0, launch.cwd, path) };
    });
    return [{ profile: name, words, cwd: realPath(launch.cwd) ?? launch.cwd }];
  });
}

/** A program without a slash is looked up on PATH, a script in the working folder. */
function fileOf(word: string, isProgram: boolean, cwd: string, path: string): string | null {
  if (!isProgram || word.includes('/')) return realPath(resolve(cwd, word));
  for (const folder of path.split(delimiter)) {
    const found = realPath(resolve(cwd, folder, word));
    if (found !== null) return found;
  }
  return null;
}

function withRealScript(app: Pm2App): Pm2App {
  const cwd = app.cwd === null ? null : (realPath(app.cwd) ?? app.cwd);
  return { ...app, script: realPath(app.script) ?? app.script, cwd };
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
