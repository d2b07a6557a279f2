import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError, EXIT } from '../../errors.ts';
import { DEFAULT_CONFIG } from '../config-hint.ts';

/** The options that every command defined here has. */
export interface ConfigOption {
  readonly config: string;
}

export interface CommandDefinition {
  /** In commander's notation: `logs [profile...]`. */
  readonly usage: string;
  readonly description: string;
  /** Whole command lines, shown below the help and in the command reference. */
  readonly examples: readonly string[];
  /** False for a command that reads no config file. */
  readonly readsConfig?: boolean;
}

const CONFIG_FLAGS = '-c, --config <file>';
const examples = new WeakMap<Command, readonly string[]>();

/** Adds a command to the program, with its `--config` option and its examples. */
export function defineCommand(program: Command, definition: CommandDefinition): Command {
  const { usage, description, readsConfig = true } = definition;
  const command = program.command(usage).description(description);
  examples.set(command, definition.examples);
  if (definition.examples.length > 0) {
    const lines = definition.examples.map((line) => `  ${line}`).join('\n');
    command.addHelpText('after', `\nExamples:\n${lines}`);
  }
  return readsConfig ? command.option(CONFIG_FLAGS, 'The config file', fileName, DEFAULT_CONFIG) : command;
}

/**
 * The examples of a command that `defineCommand` added.
 *
 * @public scripts/generate-command-reference.mjs reads it from dist/
 */
export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}

/** Accepts `--config` before the command as well: `gwproxy -c bots.yaml status`. */
export function acceptConfigBeforeCommand(program: Command): void {
  program.option(CONFIG_FLAGS, 'The config file; the option may also follow the command', fileName);
  program.hook('preAction', (_program, called) => {
    const { config: before }: { readonly config?: string } = program.opts();
    if (before !== undefined) setConfig(called, before);
  });
}

/** An empty name comes from a shell variable that is not set. */
function fileName(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty; name a file.');
  return value;
}

/** Throws a CommandError (2) if the command takes no `--config`, or was given another one of its own. */
function setConfig(command: Command, before: string): void {
  const { config: after }: { readonly config?: string } = command.opts();
  if (after === undefined) {
    throw new CommandError(EXIT.usage, `'${command.name()}' reads no config file; leave out --config`);
  }
  if (command.getOptionValueSource('config') === 'cli' && resolve(after) !== resolve(before)) {
    throw new CommandError(
      EXIT.usage,
      `--config is given twice, '${before}' before the command and '${after}' after it; keep one of them`,
    );
  }
  command.setOptionValueWithSource('config', before, 'cli');
}
