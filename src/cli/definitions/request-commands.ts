import type { Command } from 'commander';
import { type ConfigOption, defineCommand } from './define-command.ts';

/** The commands about requests: which profile gets them, which nobody claims, and what is spooled. */
export function defineRequestCommands(program: Command): void {
  program.commandsGroup('Follow requests:');

  defineCommand(program, {
    usage: 'explain [file]',
    description: 'Say which profile would get a request, and why; FILE is the body, - reads it from stdin',
    examples: [
      'gwproxy explain --path /api/messages activity.json',
      "gwproxy explain --path /slack/events --header 'Content-Type: application/json' - < event.json",
    ],
  })
    .option('--path <path>', "The request's path, with its query if it has one", '/')
    .option('--method <method>', "The request's method (by default POST with a body, else GET)")
    .option('--header <name: value>', 'A header of the request; may be given several times', append, [])
    .option('--json', 'Print JSON')
    .action(
      async (
        file: string | undefined,
        options: ConfigOption & { path: string; method?: string; header: string[]; json?: true },
      ) => {
        const { explain } = await import('../commands/requests/explain.ts');
        const { path, method, header: headers } = options;
        await explain(options.config, { file, path, method, headers, json: options.json ?? false });
      },
    );

  defineCommand(program, {
    usage: 'urls',
    description: "Print the URLs to paste into each sender's portal",
    examples: ['gwproxy urls'],
  })
    .option('--json', 'Print JSON')
    .action(async (options: ConfigOption & { json?: true }) => {
      const { urls } = await import('../commands/requests/urls.ts');
      await urls(options.config, options.json ?? false);
    });

  defineCommand(program, {
    usage: 'unmatched',
    description: 'Show the requests that no profile claims, each with the config line that would claim it',
    examples: ['gwproxy unmatched', 'gwproxy unmatched --clear'],
  })
    .option('--clear', 'Forget them after they are shown')
    .option('--json', 'Print JSON')
    .action(async (options: ConfigOption & { clear?: true; json?: true }) => {
      const { unmatched } = await import('../commands/requests/unmatched.ts');
      await unmatched(options.config, { json: options.json ?? false, clear: options.clear ?? false });
    });

  defineCommand(program, {
    usage: 'spool [list|retry|drop] [id...]',
    description:
      'List the spooled deliveries, dead letters and files that cannot be read, send them again (retry) or delete them (drop)',
    examples: ['gwproxy spool', 'gwproxy spool retry --profile inbox-triage', 'gwproxy spool drop --all'],
  })
    .option('--profile <name>', 'Only the deliveries of this profile')
    .option('--all', 'With retry or drop: the deliveries of every profile')
    .option('--json', 'Print JSON')
    .action(
      async (
        action: string | undefined,
        ids: string[],
        options: ConfigOption & { profile?: string; all?: true; json?: true },
      ) => {
        const { spool } = await import('../commands/requests/spool.ts');
        const { profile, all = false, json = false } = options;
        await spool(options.config, action ?? 'list', { ids, profile, all, json });
      },
    );
}

function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
