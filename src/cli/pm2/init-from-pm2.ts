import { dirname, resolve } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { type Conversion, profilesOf } from './app-to-profile.ts';
import { configText, noteText, printable, type Written } from './config-text.ts';
import { deleteCommand, isDeletableByName } from './delete-command.ts';
import { realMachine } from './local-machine.ts';
import { type Pm2File, readPm2File } from './source/ecosystem-file.ts';

/** What `gwproxy init --pm2` writes and says. */
export interface Draft {
  readonly text: string;
  readonly envFiles: readonly Written[];
  /** What has no equal, line by line, before the config is written; and what to do once it is. */
  readonly told: readonly string[];
  readonly next: readonly string[];
}

/**
 * A config of what pm2 starts by that file, called in the folder at hand. `environment` is pm2's `--env`. Throws a CommandError where the file is
 * none of pm2's, lists nothing that could be started, or has no such environment.
 */
export async function initFromPm2(
  pm2File: string,
  configFile: string,
  environment: string | null,
  atHand = process.cwd(),
): Promise<Draft> {
  const path = resolve(atHand, pm2File);
  const read = await readPm2File(path);
  checkEnvironment(
    environment,
    read.apps.flatMap(({ environments }) => [...environments.keys()]),
  );
  const conversion = profilesOf(read, {
    ...machinesOf(read, dirname(path), atHand),
    environment,
    configFile,
  });
  if (conversion.profiles.length === 0) {
    const why = conversion.leftOut.map(({ name, reason }) => `${printable(name)}: ${printable(reason)}`);
    throw new CommandError(EXIT.failure, [...why, `${pm2File} has no app that could be started`].join('\n'));
  }
  const signal = process.env['PM2_KILL_SIGNAL'] ?? 'SIGINT';
  const { config, envFiles } = configText(conversion, { configFile, pm2File, signal });
  return {
    text: config,
    envFiles,
    told: toldOf(conversion, read.kind),
    next: nextOf(conversion, envFiles),
  };
}

/** A dump has nothing but absolute paths. */
function machinesOf({ kind }: Pm2File, folder: string, atHand: string) {
  const atFile = realMachine(folder, process.env);
  const machine = realMachine(atHand, process.env);
  const isOne = kind === 'dump' || machine.real(folder) === machine.real(atHand);
  return isOne ? { machine: atFile, atFile: null } : { machine, atFile };
}

function checkEnvironment(environment: string | null, known: readonly string[]): void {
  if (environment === null || known.includes(environment)) return;
  const names = [...new Set(known)].map((name) => `'${name}'`).join(', ');
  const there = names === '' ? 'there are none' : `there is ${names}`;
  throw new CommandError(EXIT.usage, `no app has an env_${environment}; ${there}`);
}

function toldOf({ profiles, leftOut, notes }: Conversion, kind: 'ecosystem' | 'dump'): readonly string[] {
  return [
    ...profiles.flatMap((profile) => profile.notes.map((one) => `${profile.name}: ${noteText(one)}`)),
    ...leftOut.map(({ name, reason }) => `${printable(name)}: left out: ${printable(reason)}`),
    ...notes.map(noteText),
    'all: restart: pm2 gives up after 16 quick ends; gwproxy goes on, every 30s at last, unless give_up says otherwise',
    'all: exit codes: 78 is failed and not restarted, 75 is restarted at once; restart.exit_codes changes that',
    kind === 'dump' ? dumpedEnvText(profiles.length + leftOut.length) : ECOSYSTEM_ENV,
  ];
}

const ECOSYSTEM_ENV =
  'all: env: pm2 passes on all of its shell; a gateway sees PATH, HOME and the like, and what its env and env_file say';

function dumpedEnvText(apps: number): string {
  return apps === 1
    ? "all: env: a dump does not tell an app's own variables from its shell's: both stand at the end of its env_file, NODE_ENV aside: keep what the bot needs"
    : 'all: env: what is the same in all apps or in this shell, NODE_ENV aside, is taken for that of the shell that pm2 was started in, and stands at the end of each env_file: keep what the bot needs, and look through env: in the config too';
}

function nextOf({ profiles }: Conversion, envFiles: readonly Written[]): readonly string[] {
  const names = [...new Set(profiles.map(({ was }) => was))];
  const others = names.filter((name) => !isDeletableByName(name));
  return [
    ...(envFiles.length > 0
      ? ['next: secrets/ beside it holds what looked like a secret: keep it out of git']
      : []),
    ...others.map(
      (name) =>
        `next: stop pm2's '${printable(name)}' by its id, which \`pm2 ls\` shows: that name means something else to pm2`,
    ),
    `next: stop pm2's: ${printable(deleteCommand(names.filter(isDeletableByName)))}`,
    'next: run `gwproxy doctor`, then `gwproxy up`',
    `next: the senders' URLs are now <the public one>/p/${profiles[0]?.name ?? ''}/<path as before>, or add routes`,
  ];
}
