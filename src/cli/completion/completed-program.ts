import type { Argument, Command, Option } from 'commander';

/** What a shell completes at one place of the command line; an array lists the words. */
export type CompletedArgument = 'profiles' | 'files' | 'anything' | readonly string[];

export interface CompletedOption {
  /** `-c`, `--config`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** The option's value, an optional one included; null for an option without a value. */
  readonly value: CompletedArgument | null;
}

export interface CompletedCommand {
  /** The name, then the aliases. */
  readonly names: readonly [string, ...string[]];
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly places: readonly CompletedArgument[];
  /** The last place may be repeated. */
  readonly repeats: boolean;
}

export interface CompletedProgram {
  /** The options before the command. */
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

/** What a shell completes, read from the definition that parses the command line. */
export function completedProgram(program: Command): CompletedProgram {
  const help = program.createHelp();
  const optionsOf = (command: Command) => help.visibleOptions(command).map(completedOption);
  const commands = help.visibleCommands(program).map(
    (command): CompletedCommand => ({
      names: [command.name(), ...command.aliases()],
      description: command.description(),
      options: optionsOf(command),
      places: command.registeredArguments.map(completedArgument),
      repeats: command.registeredArguments.at(-1)?.variadic ?? false,
    }),
  );
  return { options: optionsOf(program), commands };
}

function completedOption({ short, long, description, required, optional, flags }: Option): CompletedOption {
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    value: required || optional ? completedValue(flags) : null,
  };
}

/** Decided by the names in the definition: `[profile...]`, `[file]`, `<bash|zsh|fish>`. */
function completedArgument(argument: Argument): CompletedArgument {
  const name = argument.name();
  if (name.includes('|')) return name.split('|');
  if (name === 'profile') return 'profiles';
  return name === 'argument' || name === 'program' || name === 'file' ? 'files' : 'anything';
}

function completedValue(flags: string): CompletedArgument {
  return /[<[](?:file|dir)[>\]]/.test(flags) ? 'files' : 'anything';
}
