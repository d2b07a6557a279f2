import { Command } from 'commander';
import { version } from '../version.ts';

// Each command is loaded when it is called: what only asks the control socket stays quick (undici, execa and
// zod alone take 90, 90 and 70 ms to load).

interface ConfigOption {
  readonly config: string;
}

export const program = new Command('gwproxy')
  .description(
    'Runs one isolated gateway per bot behind one public port, and routes every webhook to the right one.',
  )
  .version(version)
  .exitOverride()
  .enablePositionalOptions()
  .showHelpAfterError('(see `gwproxy --help`)');

function command(usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .option('-c, --config <file>', 'the config file', 'gwproxy.yaml');
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

command(
  'up [profile...]',
  'run the door and the gateways in the foreground; named profiles alone, if any are',
)
  .option('-d, --detach', 'return once it listens; it goes on in the background')
  .option('--json', 'log JSON lines, as it does without a terminal')
  .action(async (profiles: string[], options: ConfigOption & { detach?: true; json?: true }) => {
    if (options.detach) {
      const { detach } = await import('./commands/detach.ts');
      await detach(options.config, profiles);
      return;
    }
    const { up } = await import('./commands/up.ts');
    await up({ configFile: options.config, profiles, json: options.json ?? false });
  });

command('down', 'stop a running gwproxy and all its gateways')
  .option('--now', 'without draining')
  .action(async (options: ConfigOption & { now?: true }) => {
    const { down } = await import('./commands/down.ts');
    await down(options.config, options.now ?? false);
  });

command('status', 'show every profile: state, pid, listeners, uptime, restarts, memory, requests, last error')
  .option('--json', 'as JSON')
  .option('--watch', 'again every second, until interrupted')
  .action(async (options: ConfigOption & { json?: true; watch?: true }) => {
    const { status } = await import('./commands/status.ts');
    await status(options.config, { json: options.json ?? false, watch: options.watch ?? false });
  });

const VERBS = {
  start: 'start gateways that are stopped, failed or wait for their next try',
  stop: 'stop gateways; the others are untouched, and their requests get 503 until `gwproxy start`',
} as const;

for (const [verb, description] of Object.entries(VERBS)) {
  command(`${verb} <profile...>`, description).action(async (profiles: string[], options: ConfigOption) => {
    const { changeProfiles } = await import('./commands/change-profiles.ts');
    await changeProfiles(options.config, verb, profiles);
  });
}

command('restart [profile...]', 'restart gateways; requests wait meanwhile, within their senders’ deadlines')
  .option('--all', 'every gateway that is up')
  .option('--rolling', 'one after the other, each ready before the next; stops at the first that is not')
  .action(async (profiles: string[], options: ConfigOption & { all?: true; rolling?: true }) => {
    const { restart } = await import('./commands/restart.ts');
    await restart(options.config, profiles, {
      all: options.all ?? false,
      rolling: options.rolling ?? false,
    });
  });

command('reload', 'read the config again and change only what differs')
  .option('--json', 'as JSON')
  .action(async (options: ConfigOption & { json?: true }) => {
    const { reload } = await import('./commands/reload.ts');
    await reload(options.config, options.json ?? false);
  });

command('logs [profile...]', "show the gateways' output, of all profiles or of those named")
  .option('-f, --follow', 'go on with what comes, until interrupted')
  .option('-n, --lines <count>', 'so many of the last lines of each', '20')
  .option('-t, --timestamps', 'with the time of each line')
  .action(
    async (
      profiles: string[],
      options: ConfigOption & { follow?: true; lines: string; timestamps?: true },
    ) => {
      const { logs } = await import('./commands/logs.ts');
      const { follow = false, lines, timestamps = false } = options;
      await logs(options.config, { profiles, follow, lines, timestamps });
    },
  );

command('validate', 'check the config and print what would run and every route')
  .option('--json', 'as JSON')
  .action(async (options: ConfigOption & { json?: true }) => {
    const { validate } = await import('./commands/validate.ts');
    await validate(options.config, options.json ?? false);
  });

command('explain [file]', 'tell which profile a request would go to, and why; FILE is its body, - is stdin')
  .option('--path <path>', 'its path, with the query if any', '/')
  .option('--method <method>', 'its method; POST with a body, else GET')
  .option('--header <name: value>', 'a header of it; may be repeated', gather, [])
  .option('--json', 'as JSON')
  .action(
    async (
      file: string | undefined,
      options: ConfigOption & { path: string; method?: string; header: string[]; json?: true },
    ) => {
      const { explain } = await import('./commands/requests/explain.ts');
      const { path, method, header: headers } = options;
      await explain(options.config, { file, path, method, headers, json: options.json ?? false });
    },
  );

command('urls', "print what to paste into each sender's portal")
  .option('--json', 'as JSON')
  .action(async (options: ConfigOption & { json?: true }) => {
    const { urls } = await import('./commands/requests/urls.ts');
    await urls(options.config, options.json ?? false);
  });

command('unmatched', 'show the keys that arrived and no profile claims, and what would claim them')
  .option('--clear', 'forget them, once they are shown')
  .option('--json', 'as JSON')
  .action(async (options: ConfigOption & { clear?: true; json?: true }) => {
    const { unmatched } = await import('./commands/requests/unmatched.ts');
    await unmatched(options.config, { json: options.json ?? false, clear: options.clear ?? false });
  });

command('spool [list|retry|drop] [id...]', 'show what is spooled; send it again, or drop it for good')
  .option('--profile <name>', 'all of that profile')
  .option('--all', 'all of every profile')
  .option('--json', 'as JSON')
  .action(
    async (
      action: string | undefined,
      ids: string[],
      options: ConfigOption & { profile?: string; all?: true; json?: true },
    ) => {
      const { spool } = await import('./commands/requests/spool.ts');
      const { profile, all = false, json = false } = options;
      await spool(options.config, action ?? 'list', { ids, profile, all, json });
    },
  );

command('init', 'write a config to start with; no file is written over')
  .option('--hermes [dir]', 'for the profiles of a Hermes home (by default HERMES_HOME, else ~/.hermes)')
  .option('--pm2 <file>', "for pm2's apps: an ecosystem file (.cjs, .js, .mjs, .json, .yaml) or pm2's dump")
  .option('--pm2-env <name>', "with pm2's env_NAME over env, as its --env does")
  .action(async (options: ConfigOption & { hermes?: string | true; pm2?: string; pm2Env?: string }) => {
    const { init } = await import('./commands/init.ts');
    await init(options.config, { hermes: options.hermes, pm2: options.pm2, pm2Env: options.pm2Env });
  });

command('doctor', 'find what would go wrong: ports, programs, secrets, limits, pm2 still at it')
  .option('--json', 'as JSON')
  .action(async (options: ConfigOption & { json?: true }) => {
    const { doctor } = await import('./commands/doctor.ts');
    await doctor(options.config, options.json ?? false);
  });

command('service <install|uninstall|print>', 'start it at boot: a systemd unit, or a launchd agent')
  .option('--system', "the system's, not the user's (systemd, as root)")
  .option('--socket', 'have systemd hold the public port, so that none is refused while gwproxy restarts')
  .action(async (action: string, options: ConfigOption & { system?: true; socket?: true }) => {
    const { service } = await import('./commands/service.ts');
    const { system = false, socket = false } = options;
    await service(options.config, action, { system, socket });
  });

command('exec <profile> <program> [argument...]', "run a program in a profile's environment and folder")
  .passThroughOptions()
  .action(async (profile: string, file: string, args: string[], options: ConfigOption) => {
    const { exec } = await import('./commands/exec.ts');
    await exec(options.config, profile, [file, ...args]);
  });

program
  .command('completion <bash|zsh|fish>')
  .description('print what completes commands, options and profiles in that shell')
  .action(async (shell: string) => {
    const { completion } = await import('./commands/completion.ts');
    completion(program, shell);
  });

program
  .command('profile-names', { hidden: true })
  .description('what completion asks for')
  .option('-c, --config <file>', 'the config file', 'gwproxy.yaml')
  .action(async (options: ConfigOption) => {
    const { printProfileNames } = await import('./commands/completion.ts');
    await printProfileNames(options.config);
  });

program
  .command('schema')
  .description('print the JSON Schema of the config, for editors')
  .action(async () => {
    const { schema } = await import('./commands/schema.ts');
    schema();
  });
