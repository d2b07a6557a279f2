import { access, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Files, realFiles } from '../../config/files.ts';
import { hermesConfig } from '../../config/presets/hermes-init.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { loadPlan } from '../config.ts';

/** Writes a config: of a Hermes home where `hermes` names one or is true, else a small one to start with. */
export async function init(
  configFile: string,
  { hermes }: { readonly hermes: string | true | undefined; readonly pm2: string | undefined },
): Promise<void> {
  const file = resolve(configFile);
  if (await exists(file)) throw taken(configFile);
  const text = hermes === undefined ? STARTER : await ofHermes(hermes === true ? undefined : hermes);
  const plan = await checked(file, text, configFile);
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(configFile);
    throw new CommandError(EXIT.failure, `cannot write ${configFile}: ${codeOf(error) ?? error}`, {
      cause: error,
    });
  }
  const count = plan.profiles.length;
  console.log(
    `${configFile} is written: ${count} ${count === 1 ? 'profile' : 'profiles'}; run it with \`gwproxy up\``,
  );
}

async function ofHermes(folder: string | undefined): Promise<string> {
  const home = process.env.HOME || homedir();
  const named = folder === undefined ? process.env.HERMES_HOME : resolve(folder);
  const { root, text, profiles, silent } = await hermesConfig(named, home, realFiles);
  if (profiles.length > 0) return text;
  const found = silent.length > 0 ? `; none of ${silent.join(', ')} opens a port` : '';
  throw new CommandError(
    EXIT.failure,
    `no Hermes profile to route to in ${root}${found}; name another folder with --hermes DIR`,
  );
}

/** What cannot run is not written: its mistakes are told instead, as if it stood there already. */
async function checked(file: string, text: string, shown: string) {
  const files: Files = {
    ...realFiles,
    read: (path) => (path === file ? Promise.resolve(text) : realFiles.read(path)),
  };
  try {
    return (await loadPlan(file, files)).plan;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.exitCode, `${error.message}\n${shown} is not written`, { cause: error });
  }
}

/** Early, so that nobody reads of mistakes in a file that would not be written anyway; writing decides. */
async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function taken(file: string): CommandError {
  const message = `${file} is already there, and no file is written over; name another with --config FILE`;
  return new CommandError(EXIT.failure, message);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const STARTER = `# One gateway process per bot, one public port. \`gwproxy validate\` checks this file, \`gwproxy up\` runs it,
# and \`gwproxy schema\` prints all that it may hold.
listen: 127.0.0.1:3978 # the public port: lead a tunnel or a TLS proxy here
# public_url: https://bots.example.com # what senders see; \`gwproxy urls\` prints what to paste into their portals

profiles:
  my-bot: # a name of your own: a-z, 0-9 and '-'
    command: node bot.js # started here, without a shell; the port to listen on is in its variable PORT
    # env_file: secrets/my-bot.env # KEY=VALUE lines that this gateway alone sees
    routes: # which requests are for it; one that matches is enough
      - slack: { team: T0123456789 }
      # - bot_framework: { app: 00000000-0000-0000-0000-000000000000 }
      # - path: /my-bot

  # elsewhere:
  #   url: http://10.0.0.5:3978 # a gateway that someone else runs
  #   routes: [{ path: /elsewhere }]
`;
