import { realpathSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Plan } from '../../config/types.ts';
import { isDeletableByName } from '../pm2/delete-command.ts';
import { shellWord } from '../shell-word.ts';
import { error, type Fault, warn } from './finding.ts';
import { type Pm2App, pm2Apps } from './pm2-processes.ts';
import { wordOf } from './program-findings.ts';
import { placeText, type Subject } from './subject.ts';

/** What both pm2 and gwproxy would run: two gateways of one bot, on one port, with one token. */
export async function checkPm2({ plan, env, home }: Subject): Promise<readonly Fault[]> {
  if (plan === null) return [];
  const { apps, unread } = await pm2Apps(env, home);
  const usualHome = env['PM2_HOME'] || join(home, '.pm2');
  return [
    ...unread.map(({ pm2Home, reason }) =>
      warn(
        `what pm2 would start at boot is not known: ${reason}`,
        `${pm2At(pm2Home, usualHome)} save --force, which writes it anew`,
      ),
    ),
    ...(apps.length === 0 ? [] : pm2Faults(commandsOf(plan), apps.map(withRealScript), usualHome)),
  ];
}

/** How a profile is run, as far as it can be compared. */
export interface Command {
  readonly profile: string;
  readonly where: string;
  /** Absolute, without links, where it names a file that is there; a word with a port in it is null. */
  readonly words: readonly { readonly text: string | null; readonly file: string | null }[];
  readonly cwd: string;
}

/** Pure. One fault an app of pm2's, on the profile that fits it best. */
export function pm2Faults(
  commands: readonly Command[],
  apps: readonly Pm2App[],
  usualHome: string,
): readonly Fault[] {
  const faults = apps.flatMap((app) => {
    const same = commands.filter((command) => isSame(command, app));
    const command = same.find(({ profile }) => profile === plainName(app.name)) ?? same[0];
    return command === undefined ? [] : [faultOf(command, app, usualHome)];
  });
  // Of a cluster the dump has an entry for each instance.
  return faults.filter(({ what }, index) => faults.findIndex((fault) => fault.what === what) === index);
}

function faultOf({ profile, where }: Command, { pid, name, pm2Home }: Pm2App, usualHome: string): Fault {
  const pm2 = pm2At(pm2Home, usualHome);
  const called = name === null ? 'an app' : `'${name}'`;
  if (pid === null) {
    const what = `${profile}: pm2 would start ${called} again at boot, the same command`;
    return warn(what, `${pm2} save --force once it runs nothing of yours, or ${pm2} unstartup`, where);
  }
  const instead =
    name === null || !isDeletableByName(name)
      ? `as its user: ${pm2} ls, ${pm2} delete it, ${pm2} save --force`
      : `${pm2} delete ${shellWord(name)} && ${pm2} save --force`;
  return error(`${profile}: pm2 still runs ${called} (pid ${pid}), the same command`, instead, where);
}

/** pm2 as it is called to ask that daemon. */
function pm2At(pm2Home: string, usualHome: string): string {
  return pm2Home === usualHome ? 'pm2' : `PM2_HOME=${shellWord(pm2Home)} pm2`;
}

/** Pure. The same script, with the same arguments as far as they are known, or some more on one side. */
export function isSame({ words, cwd }: Command, { script, args, cwd: other }: Pm2App): boolean {
  const at = words.findIndex(({ file }) => file === script);
  if (at === -1) return false;
  const folder = other === null || other === cwd;
  if (args === null) return folder;
  const own = words.slice(at + 1);
  if ((args.length === 0) !== (own.length === 0)) return false;
  const agree = args.every((arg, index) => {
    const word = own[index];
    return word === undefined || word.text === null || word.text === arg;
  });
  // Several bots of one script without arguments are told apart by their folders.
  return agree && (folder || args.length > 0);
}

function plainName(name: string | null): string | null {
  return name === null ? null : name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function commandsOf({ profiles }: Plan): readonly Command[] {
  return profiles.flatMap(({ name, launch, source }) => {
    if (launch.kind === 'url') return [];
    const path = launch.env['PATH'] === undefined ? '' : (wordOf(launch.env['PATH']) ?? '');
    const words = launch.command.map((template, index) => {
      const text = wordOf(template);
      return { text, file: text === null ? null : fileOf(text, index === 0, launch.cwd, path) };
    });
    return [{ profile: name, where: placeText(source), words, cwd: realPath(launch.cwd) ?? launch.cwd }];
  });
}

/** A program without a slash is looked for on PATH, a script in the working folder. */
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
