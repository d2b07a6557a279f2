import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { hermesConfig } from '../../config/presets/hermes/hermes-init.ts';
import { openClawConfig } from '../../config/presets/openclaw/openclaw-init.ts';
import { shortPath } from '../../config/problems.ts';
import { type Files, realFiles } from '../../config/source/files.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { counted } from '../../util/counted.ts';
import { errorCode, errorMessage, hasCode } from '../../util/errno.ts';
import { configHint, withConfig } from '../config-hint.ts';
import { loadPlan } from '../load-config.ts';
import type { Written } from '../pm2/config-text.ts';
import { print } from '../print.ts';

export interface InitOptions {
  /** Hermes homes; true for the default one. */
  readonly hermes: readonly string[] | true | undefined;
  /** State folders of OpenClaw, or folders that hold some; true for those in the home folder. */
  readonly openclaw?: readonly string[] | true | undefined;
  /** An ecosystem file or dump of pm2. */
  readonly pm2: string | undefined;
  /** pm2's `--env`. */
  readonly pm2Env?: string | undefined;
}

/** What is written, and what is printed before and after it. */
interface Draft {
  readonly text: string;
  readonly envFiles: readonly Written[];
  readonly notes: readonly string[];
  readonly next: readonly string[];
}

/**
 * Writes a config: for Hermes homes if `hermes` is given, for OpenClaw's profiles if `openclaw` is, for pm2's apps if
 * `pm2` names their file, else a small one to start from. Overwrites no file, and writes all files or none. Throws a
 * CommandError.
 */
export async function init(configFile: string, options: InitOptions): Promise<void> {
  const file = resolve(configFile);
  if (await exists(file)) throw alreadyThere(configFile);
  const draft = await draftOf(file, options);
  const plan = await validated(file, draft, configFile);
  await writeAll([...draft.envFiles, { path: file, text: draft.text, secret: false }]);
  for (const line of draft.notes) print(line);
  print(
    `${configFile} is written: ${counted(plan.profiles.length, 'profile')}; run it with \`gwproxy up${configHint(configFile)}\``,
  );
  for (const line of draft.next) print(withConfig(line, configFile));
}

async function draftOf(file: string, { hermes, openclaw, pm2, pm2Env }: InitOptions): Promise<Draft> {
  if (pm2 === undefined && pm2Env !== undefined) {
    throw new CommandError(
      EXIT.usage,
      "--pm2-env chooses one of the env_… in pm2's file: name that file with --pm2 FILE",
    );
  }
  const sources = Object.entries({ '--hermes': hermes, '--openclaw': openclaw, '--pm2': pm2 });
  const [first, second] = sources.filter(([, value]) => value !== undefined).map(([option]) => option);
  if (second !== undefined) {
    throw new CommandError(
      EXIT.usage,
      `${first} and ${second} each write a config of their own: use one of them`,
    );
  }
  if (pm2 !== undefined) {
    const { initFromPm2 } = await import('../pm2/init-from-pm2.ts');
    return initFromPm2(pm2, file, pm2Env ?? null);
  }
  if (openclaw !== undefined) {
    const text = await openClawText(openclaw === true ? [] : openclaw);
    return { text, envFiles: [], notes: [], next: [] };
  }
  const text = hermes === undefined ? STARTER : await hermesText(hermes === true ? [] : hermes);
  return { text, envFiles: [], notes: [], next: [] };
}

async function hermesText(folders: readonly string[]): Promise<string> {
  const home = process.env.HOME || homedir();
  const own = process.env.HERMES_HOME ? [process.env.HERMES_HOME] : [];
  const named = folders.length === 0 ? own : folders.map((folder) => resolve(folder));
  const { roots, text, profiles, silent, empty } = await hermesConfig(named, home, realFiles);
  if (profiles.length > 0 && empty.length === 0) return text;
  const polling = `; none of ${silent.join(', ')} opens a port: write \`preset: hermes\` yourself for one that polls`;
  const where = empty.length > 0 ? empty : roots;
  throw new CommandError(
    EXIT.failure,
    `no Hermes profile to route to in ${where.join(', ')}${silent.length > 0 && empty.length === 0 ? polling : ''}; name other folders with --hermes DIR…`,
  );
}

async function openClawText(folders: readonly string[]): Promise<string> {
  const home = process.env.HOME || homedir();
  const named = folders.map((folder) => resolve(folder));
  const { text, empty } = await openClawConfig(named, home, realFiles);
  if (empty.length === 0) return text;
  throw new CommandError(
    EXIT.failure,
    `no OpenClaw profile in ${empty.join(', ')}: no openclaw.json there, nor in a .openclaw or .openclaw-NAME below; name its folder with --openclaw DIR`,
  );
}

/** The plan of the draft, loaded as if it were written already. Throws the problems of a config that is invalid. */
async function validated(file: string, { text, envFiles }: Draft, shown: string) {
  const drafted = new Map([[file, text], ...envFiles.map((one) => [one.path, one.text] as const)]);
  const files: Files = {
    ...realFiles,
    read: (path) => {
      const there = drafted.get(path);
      return there === undefined ? realFiles.read(path) : Promise.resolve(there);
    },
  };
  try {
    return (await loadPlan(file, files)).plan;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.exitCode, `${error.message}\n${shown} is not written`, { cause: error });
  }
}

/** Writes all of them or none. A new folder for secrets is open to its owner only. */
async function writeAll(files: readonly Written[]): Promise<void> {
  const written: string[] = [];
  for (const { path, text, secret } of files) {
    try {
      if (secret) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, text, { flag: 'wx', mode: secret ? 0o600 : 0o666 });
      written.push(path);
    } catch (error) {
      await Promise.all(written.map((one) => rm(one, { force: true })));
      const shown = shortPath(path, process.cwd());
      if (hasCode(error, 'EEXIST')) throw alreadyThere(shown);
      const why = errorCode(error) ?? errorMessage(error);
      throw new CommandError(EXIT.failure, `cannot write ${shown}: ${why}`, { cause: error });
    }
  }
}

/** Checked first, so that the user sees no problems of a config that could not be written anyway. */
async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function alreadyThere(file: string): CommandError {
  const message = `${file} is already there, and init overwrites no file; name another with --config FILE`;
  return new CommandError(EXIT.failure, message);
}

const STARTER = `# One gateway process per bot, one public port. \`gwproxy validate\` checks this file, \`gwproxy up\` runs it,
# and \`gwproxy schema\` prints every key that it may have.
listen: 127.0.0.1:3978 # the public port: point a tunnel or a TLS proxy here
# public_url: https://bots.example.com # what senders see; \`gwproxy urls\` prints what to paste into their portals

profiles:
  my-bot: # a name of your own: a-z, 0-9 and '-'
    command: node bot.js # started here, without a shell; the port to listen on is in its variable PORT
    # env_file: secrets/my-bot.env # KEY=VALUE lines, for this gateway alone
    routes: # which requests are its own; one match is enough
      - slack: { team: T0123456789 }
      # - bot_framework: { app: 00000000-0000-0000-0000-000000000000 }
      # - path: /my-bot

  # elsewhere:
  #   url: http://10.0.0.5:3978 # a gateway that someone else runs
  #   routes: [{ path: /elsewhere }]
`;
