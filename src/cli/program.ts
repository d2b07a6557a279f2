import { Command } from 'commander';
import { version } from '../version.ts';
import { acceptConfigBeforeCommand } from './definitions/define-command.ts';
import { defineRequestCommands } from './definitions/request-commands.ts';
import { defineRunningCommands } from './definitions/running-commands.ts';
import { defineSetupCommands } from './definitions/setup-commands.ts';
import { EXIT_CODES } from './exit-codes.ts';

/**
 * The command line. Each command's code is loaded when it is called, so that a command that only asks the control
 * socket stays quick (undici, execa and zod take 90, 90 and 70 ms to load).
 */
export const program = new Command('gwproxy')
  .description(
    'Runs one isolated gateway per bot behind one public port, and routes every webhook to the right one.',
  )
  .version(version, '-V, --version', 'Print the version')
  .helpOption('-h, --help', 'Print this help')
  .exitOverride()
  .enablePositionalOptions()
  .showHelpAfterError('(see `gwproxy --help`)');

acceptConfigBeforeCommand(program);
defineRunningCommands(program);
defineRequestCommands(program);
defineSetupCommands(program);
program.commandsGroup('Help:').helpCommand('help [command]', 'Print the help of a command');
program.addHelpText(
  'after',
  `\nExit codes:\n${EXIT_CODES.map(({ code, meaning }) => `  ${String(code).padEnd(4)}${meaning}`).join('\n')}`,
);
