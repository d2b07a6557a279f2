import type { Command } from 'commander';
import { type ConfigOption, defineCommand } from './define-command.ts';

/** The commands that start gwproxy, or ask a running one over its control socket. */
export function defineRunningCommands(program: Command): void {
  program.commandsGroup('Run gwproxy and its gateways:');

  defineCommand(program, {
    usage: 'up [profile...]',
    description: 'Run the public port and the gateways; with names, start only these profiles',
    examples: ['gwproxy up', 'gwproxy up -d', 'gwproxy up inbox-triage standup-bot'],
  })
    .option('-d, --detach', 'Run in the background; on a terminal, wait until the gateways are ready')
    .option('--json', 'Log JSON lines (the default when stdout is not a terminal)')
    .action(async (profiles: string[], options: ConfigOption & { detach?: true; json?: true }) => {
      if (options.detach) {
        const { detach } = await import('../commands/detach.ts');
        await detach(options.config, profiles);
        return;
      }
      const { up } = await import('../commands/up.ts');
      await up({ configFile: options.config, profiles, json: options.json ?? false });
    });

  defineCommand(program, {
    usage: 'down',
    description: 'Stop the running gwproxy and all its gateways',
    examples: ['gwproxy down', 'gwproxy down --now'],
  })
    .option('--now', 'Kill the gateways at once; requests in flight are lost')
    .action(async (options: ConfigOption & { now?: true }) => {
      const { down } = await import('../commands/down.ts');
      await down(options.config, options.now ?? false);
    });

  defineCommand(program, {
    usage: 'status',
    description:
      'Show every profile: state, pid, listeners, uptime, restarts, memory, requests and last error',
    examples: ['gwproxy status', 'gwproxy status --watch', 'gwproxy status --json'],
  })
    .aliases(['ls', 'list'])
    .option('--json', 'Print JSON')
    .option('--watch', 'Print it again every second until interrupted')
    .action(async (options: ConfigOption & { json?: true; watch?: true }) => {
      const { status } = await import('../commands/status.ts');
      await status(options.config, { json: options.json ?? false, watch: options.watch ?? false });
    });

  defineCommand(program, {
    usage: 'start <profile...>',
    description: 'Start gateways that are stopped, failed or in backoff',
    examples: ['gwproxy start inbox-triage'],
  }).action(async (profiles: string[], options: ConfigOption) => {
    const { changeProfiles } = await import('../commands/change-profiles.ts');
    await changeProfiles(options.config, 'start', profiles);
  });

  defineCommand(program, {
    usage: 'stop <profile...>',
    description: 'Stop gateways; their requests are answered 503 until they are started again',
    examples: ['gwproxy stop inbox-triage'],
  }).action(async (profiles: string[], options: ConfigOption) => {
    const { changeProfiles } = await import('../commands/change-profiles.ts');
    await changeProfiles(options.config, 'stop', profiles);
  });

  defineCommand(program, {
    usage: 'restart [profile...]',
    description: "Restart gateways; their requests wait meanwhile, within each sender's deadline",
    examples: ['gwproxy restart inbox-triage', 'gwproxy restart --all --rolling'],
  })
    .option('--all', 'Restart every gateway that is up')
    .option('--rolling', 'Restart one after the other; stop at the first that does not become ready')
    .action(async (profiles: string[], options: ConfigOption & { all?: true; rolling?: true }) => {
      const { restart } = await import('../commands/restart.ts');
      const { all = false, rolling = false } = options;
      await restart(options.config, profiles, { all, rolling });
    });

  defineCommand(program, {
    usage: 'reload',
    description: 'Read the config again; gateways whose settings did not change keep running',
    examples: ['gwproxy reload'],
  })
    .option('--json', 'Print JSON')
    .action(async (options: ConfigOption & { json?: true }) => {
      const { reload } = await import('../commands/reload.ts');
      await reload(options.config, options.json ?? false);
    });

  defineCommand(program, {
    usage: 'logs [profile...]',
    description: "Show the output of all gateways or of the named ones; `gwproxy` names gwproxy's own log",
    examples: ['gwproxy logs -f', 'gwproxy logs -n 100 inbox-triage', 'gwproxy logs gwproxy'],
  })
    .option('-f, --follow', 'Print new lines as they come, until interrupted')
    .option('-n, --lines <count>', 'How many of the last lines to print for each profile', '20')
    .option('-t, --timestamps', 'Print the time of each line')
    .action(
      async (
        profiles: string[],
        options: ConfigOption & { follow?: true; lines: string; timestamps?: true },
      ) => {
        const { logs } = await import('../commands/logs.ts');
        const { follow = false, lines, timestamps = false } = options;
        await logs(options.config, { profiles, follow, lines, timestamps });
      },
    );
}
