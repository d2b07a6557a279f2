import type { Argument, Command, Option } from 'commander';

/** What may stand at a place of the command line. */
export type CompletedArgument = 'profiles' | 'files' | 'anything' | readonly string[];

export interface CompletedOption {
  /** `-c`, `--config`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What follows it; null where nothing does. An optional value counts: it may be left out. */
  readonly value: CompletedArgument | null;
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** The last one repeats where `repeats`. */
  readonly places: readonly CompletedArgument[];
  readonly repeats: boolean;
}

/** What a shell has to know of the command line, read from the definition that parses it. */
export function completedCommands(program: Command): readonly CompletedCommand[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionWords),
    places: command.registeredArguments.map(argumentPlace),
    repeats: command.registeredArguments.at(-1)?.variadic ?? false,
  }));
}

function optionWords({ short, long, description, required, optional, flags }: Option): CompletedOption {
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    value: required || optional ? valuePlace(flags) : null,
  };
}

/** By the names that the definition uses: `[profile...]`, `[file]`, `<bash|zsh|fish>`. */
function argumentPlace(argument: Argument): CompletedArgument {
  const name = argument.name();
  if (name.includes('|')) return name.split('|');
  if (name === 'profile') return 'profiles';
  return name === 'argument' || name === 'program' || name === 'file' ? 'files' : 'anything';
}

function valuePlace(flags: string): CompletedArgument {
  return /[<[](?:file|dir)[>\]]/.test(flags) ? 'files' : 'anything';
}
