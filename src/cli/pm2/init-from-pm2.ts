import { dirname, resolve } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { type Conversion, profilesOf } from './app-to-profile.ts';
import {
  configText,
  needsNoProfilePath,
  noteText,
  printable,
  sharedNotes,
  type Written,
} from './config-text.ts';
import { deleteCommand, isDeletableByName } from './delete-command.ts';
import { localMachine } from './local-machine.ts';
import { type Pm2File, readPm2File } from './source/ecosystem-file.ts';

/** What `gwproxy init --pm2` writes and prints. */
export interface Draft {
  readonly text: string;
  readonly envFiles: readonly Written[];
  /** Printed before the config is written: what gwproxy does differently, a line each. */
  readonly notes: readonly string[];
  /** Printed afterwards: what to do next. */
  readonly next: readonly string[];
}

/**
 * A config of what pm2 would start by that file, if called in `folder`. `environment` is pm2's `--env`. Throws a
 * CommandError if the file is not one of pm2's, has no app that could be started, or has no such environment.
 */
export async function initFromPm2(
  pm2File: string,
  configFile: string,
  environment: string | null,
  folder = process.cwd(),
): Promise<Draft> {
  const path = resolve(folder, pm2File);
  const read = await readPm2File(path);
  checkEnvironment(
    environment,
    read.apps.flatMap(({ environments }) => [...environments.keys()]),
  );
  const conversion = profilesOf(read, {
    ...machinesOf(read, dirname(path), folder),
    environment,
    configFile,
  });
  if (conversion.profiles.length === 0) {
    const reasons = conversion.leftOut.map(({ name, reason }) => `${printable(name)}: ${printable(reason)}`);
    const message = [...reasons, `${pm2File} has no app that could be started`].join('\n');
    throw new CommandError(EXIT.failure, message);
  }
  const signal = process.env['PM2_KILL_SIGNAL'] ?? 'SIGINT';
  const { config, envFiles } = configText(conversion, { configFile, pm2File, signal });
  return {
    text: config,
    envFiles,
    notes: notesOf(conversion, read.kind),
    next: nextSteps(conversion, envFiles),
  };
}

/** All paths in a dump are absolute. */
function machinesOf({ kind }: Pm2File, fileFolder: string, folder: string) {
  const atFile = localMachine(fileFolder, process.env);
  const machine = localMachine(folder, process.env);
  const isSame = kind === 'dump' || machine.real(fileFolder) === machine.real(folder);
  return isSame ? { machine: atFile, atFile: null } : { machine, atFile };
}

function checkEnvironment(environment: string | null, known: readonly string[]): void {
  if (environment === null || known.includes(environment)) return;
  const names = [...new Set(known)].map((name) => `'${name}'`).join(', ');
  const choice = names === '' ? 'there are none' : `there is ${names}`;
  throw new CommandError(EXIT.usage, `no app has an env_${environment}; ${choice}`);
}

function notesOf({ profiles, leftOut, notes }: Conversion, kind: 'ecosystem' | 'dump'): readonly string[] {
  const { shared, ownOf } = sharedNotes(profiles);
  return [
    ...profiles.flatMap((profile) => ownOf(profile).map((text) => `${profile.name}: ${text}`)),
    ...shared.map(({ names, text }) => `${names}: ${text}`),
    ...leftOut.map(({ name, reason }) => `${printable(name)}: is left out: ${printable(reason)}`),
    ...notes.map(noteText),
    'all: restart: pm2 gives up after 16 quick exits; gwproxy goes on, at most 30s apart, unless restart.give_up says otherwise',
    'all: exit codes: 78 fails the profile until `gwproxy start NAME`, 75 restarts it at once; restart.exit_codes changes that',
    kind === 'dump' ? dumpEnvironment(profiles.length + leftOut.length) : ECOSYSTEM_ENVIRONMENT,
  ];
}

const ECOSYSTEM_ENVIRONMENT =
  'all: env: pm2 passes on all variables of its shell; a gateway gets PATH, HOME and the like, and what its env and env_file say';

function dumpEnvironment(apps: number): string {
  return apps === 1
    ? "all: env: a dump does not tell an app's own variables from those of the shell that pm2 was started in. Both are at the end of the env_file, except NODE_ENV: keep what the bot needs"
    : 'all: env: variables that are the same in all apps or in this shell, except NODE_ENV, are taken for those of the shell that pm2 was started in. They are at the end of each env_file: keep what the bot needs, and check env in the config';
}

function nextSteps({ profiles }: Conversion, envFiles: readonly Written[]): readonly string[] {
  const names = [...new Set(profiles.map(({ was }) => was))];
  const byId = names.filter((name) => !isDeletableByName(name));
  return [
    ...(envFiles.length > 0
      ? ['next: keep secrets/, beside the config, out of git: it holds what looked like a secret']
      : []),
    ...toComplete(profiles),
    ...byId.map(
      (name) =>
        `next: remove '${printable(name)}' from pm2 by its id, which \`pm2 ls\` shows: that name means something else to pm2`,
    ),
    `next: remove the apps from pm2: ${printable(deleteCommand(names.filter(isDeletableByName)))}`,
    'next: run `gwproxy doctor`, then `gwproxy up`',
    ...portals(profiles),
  ];
}

function toComplete(profiles: Conversion['profiles']): readonly string[] {
  const open = profiles.filter((profile) => profile.toComplete.length > 0);
  return open.length === 0
    ? []
    : [`next: complete the commented lines of ${namesOf(open)} in the config, as the notes above say`];
}

/** Where the senders' URLs come from, if any sender calls a profile. */
function portals(profiles: Conversion['profiles']): readonly string[] {
  if (!profiles.some(({ isPublic }) => isPublic)) return [];
  const open = profiles.filter((profile) => !needsNoProfilePath(profile));
  const meanwhile =
    open.length === 0
      ? ''
      : `; without a route a bot is reached at <public_url>/p/NAME/<path as before>: ${namesOf(open)}`;
  return [
    `next: point one tunnel to \`listen\`, set public_url, and paste what \`gwproxy urls\` prints into the senders' portals${meanwhile}`,
  ];
}

function namesOf(profiles: Conversion['profiles']): string {
  return profiles.map(({ name }) => name).join(', ');
}
