import type { Command } from 'commander';
import { type ConfigOption, defineCommand } from './define-command.ts';

interface InitFlags {
  readonly hermes?: string[] | true;
  readonly openclaw?: string[] | true;
  readonly pm2?: string;
  readonly pm2Env?: string;
}

/** The commands that write and check the config, and that fit gwproxy into the system and the shell. */
export function defineSetupCommands(program: Command): void {
  program.commandsGroup('Set up and check:');

  defineCommand(program, {
    usage: 'init',
    description: 'Write a first config file; an existing file is never overwritten',
    examples: [
      'gwproxy init',
      'gwproxy init --hermes',
      'gwproxy init --hermes ~/hermes/*',
      'gwproxy init --openclaw',
      'gwproxy init --pm2 ecosystem.config.cjs',
    ],
  })
    .option(
      '--hermes [dir...]',
      'From the profiles of Hermes homes, one or more (by default HERMES_HOME, else ~/.hermes)',
    )
    .option(
      '--openclaw [dir...]',
      'From OpenClaw profiles: their folders, or a home that holds them (by default ~/.openclaw and ~/.openclaw-*)',
    )
    .option('--pm2 <file>', "From pm2: an ecosystem file (.cjs, .js, .mjs, .json, .yaml) or pm2's dump")
    .option('--pm2-env <name>', "With --pm2: apply env_NAME over env, as pm2's --env does")
    .action(async ({ config, hermes, openclaw, pm2, pm2Env }: ConfigOption & InitFlags) => {
      const { init } = await import('../commands/init.ts');
      await init(config, { hermes, openclaw, pm2, pm2Env });
    });

  defineCommand(program, {
    usage: 'validate',
    description: 'Check the config and print the profiles and routes it defines; starts nothing',
    examples: ['gwproxy validate', 'gwproxy validate --json'],
  })
    .option('--json', 'Print JSON')
    .action(async (options: ConfigOption & { json?: true }) => {
      const { validate } = await import('../commands/validate.ts');
      await validate(options.config, options.json ?? false);
    });

  defineCommand(program, {
    usage: 'doctor',
    description: 'Find what would go wrong on this machine: ports, programs, secrets, limits, a running pm2',
    examples: ['gwproxy doctor'],
  })
    .option('--json', 'Print JSON')
    .action(async (options: ConfigOption & { json?: true }) => {
      const { doctor } = await import('../commands/doctor.ts');
      await doctor(options.config, options.json ?? false);
    });

  defineCommand(program, {
    usage: 'service <install|uninstall|print>',
    description: 'Start gwproxy at boot, as a systemd unit or a launchd agent',
    examples: [
      'gwproxy service install',
      'sudo gwproxy service install --system --socket',
      'gwproxy service print',
    ],
  })
    .option('--system', "A unit of the system instead of the user's (systemd only, needs root)")
    .option('--socket', 'Let systemd hold the public port, so that no connection is refused during a restart')
    .action(async (action: string, options: ConfigOption & { system?: true; socket?: true }) => {
      const { service } = await import('../commands/service.ts');
      const { system = false, socket = false } = options;
      await service(options.config, action, { system, socket });
    });

  defineCommand(program, {
    usage: 'exec <profile> <program> [argument...]',
    description: "Run a program on this terminal with a profile's environment, folder, ports and user",
    examples: [
      'gwproxy exec inbox-triage env',
      'gwproxy exec -c bots.yaml inbox-triage -- npm run register-webhook',
    ],
  })
    .passThroughOptions()
    .action(async (profile: string, file: string, args: string[], options: ConfigOption) => {
      const { exec } = await import('../commands/exec.ts');
      await exec(options.config, profile, [file, ...args]);
    });

  defineCommand(program, {
    usage: 'completion <bash|zsh|fish>',
    description: 'Print a script that completes commands, options and profiles in that shell',
    examples: [
      'eval "$(gwproxy completion bash)"',
      'source <(gwproxy completion zsh)',
      'gwproxy completion fish | source',
    ],
    readsConfig: false,
  }).action(async (shell: string) => {
    const { completion } = await import('../commands/completion.ts');
    completion(program, shell);
  });

  // The completion scripts call it to list the profiles.
  program
    .command('profile-names', { hidden: true })
    .option('-c, --config <file>', 'The config file', 'gwproxy.yaml')
    .action(async (options: ConfigOption) => {
      const { printProfileNames } = await import('../commands/completion.ts');
      await printProfileNames(options.config);
    });

  defineCommand(program, {
    usage: 'schema',
    description: 'Print the JSON Schema of the config, for editors',
    examples: ['gwproxy schema > gwproxy.schema.json'],
    readsConfig: false,
  }).action(async () => {
    const { schema } = await import('../commands/schema.ts');
    schema();
  });
}
