import { CommandError, EXIT } from '../../errors.ts';
import { commandFor } from '../../supervisor/process/command.ts';
import { resolvePorts } from '../exec/exec-ports.ts';
import { printedVariables } from '../exec/printed-variables.ts';
import { runAttached } from '../exec/run-command.ts';
import { closeInheritedDescriptors } from '../inherited-descriptors.ts';
import { loadPlanToStart } from '../load-config.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';

/**
 * Runs a program on this terminal with exactly the environment, folder, ports, user and limits of a profile's gateway.
 * The process exits as the program does, or with 128 and the signal's number. Throws a CommandError (2) for a profile
 * that is run elsewhere (`url:`).
 */
export async function exec(configFile: string, name: string, words: readonly string[]): Promise<void> {
  const [file, ...args] = programOf(words);
  const { plan, disabled } = await loadPlanToStart(configFile);
  refuseUnknownProfiles(
    [name],
    plan.profiles.map(({ name }) => name),
    disabled,
  );
  const profile = plan.profiles.find((profile) => profile.name === name);
  if (profile === undefined || profile.launch.kind === 'url') {
    throw new CommandError(
      EXIT.usage,
      `profile '${name}' is run elsewhere (url:), so gwproxy knows no environment for it`,
    );
  }
  const ports = await resolvePorts(profile, configFile);
  closeInheritedDescriptors();
  const printed = await printedVariables(profile.launch);
  const gateway = commandFor(profile.launch, profile.listeners, ports, printed);
  process.exitCode = await runAttached({ ...gateway, file, args });
}

/** Options after the profile belong to the program, so gwproxy's own have to come before it. */
function programOf(words: readonly string[]): readonly [string, ...string[]] {
  const [file, ...args] = words[0] === '--' ? words.slice(1) : words;
  if (file === undefined || (words[0] !== '--' && file.startsWith('-'))) {
    throw new CommandError(
      EXIT.usage,
      'write `gwproxy exec PROFILE -- COMMAND…`, with --config before the profile',
    );
  }
  return [file, ...args];
}
