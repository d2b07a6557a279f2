import type { Command } from 'commander';
import { realFiles } from '../../config/source/files.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { bashScript } from '../completion/bash.ts';
import { completedProgram } from '../completion/completed-program.ts';
import { configProfileNames } from '../completion/config-profile-names.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';
import { print } from '../print.ts';

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/** Prints a shell's completion script. Throws a CommandError (2) for a shell that has none. */
export function completion(program: Command, shell: string): void {
  const script = SCRIPTS.get(shell);
  if (script === undefined) {
    throw new CommandError(
      EXIT.usage,
      `there is no completion for '${shell}'; choose from ${[...SCRIPTS.keys()].join(', ')}`,
    );
  }
  process.stdout.write(script(completedProgram(program)));
}

/** Prints the profiles' names, one a line, for the completion scripts; nothing if the config cannot be read. */
export async function printProfileNames(configFile: string): Promise<void> {
  for (const name of await configProfileNames(configFile, realFiles)) print(name);
}
