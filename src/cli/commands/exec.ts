import { CommandError, EXIT } from '../../errors.ts';
import { commandFor } from '../../supervisor/process/command.ts';
import { resolvePorts } from '../exec/exec-ports.ts';
import { runAttached } from '../exec/run-command.ts';
import { loadPlan } from '../load-config.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';

/**
 * Runs a program as that profile's gateway would run: its environment and nothing else, its folder, ports, user
 * and limits; on this terminal. The process exits as the program does, with 128 and its number for a signal. Throws a CommandError
 * (2) where the profile is run elsewhere.
 */
export async function exec(configFile: string, name: string, words: readonly string[]): Promise<void> {
  const [file, ...args] = programOf(words);
  const { plan, disabled } = await loadPlan(configFile);
  refuseUnknownProfiles(
    [name],
    plan.profiles.map(({ name }) => name),
    disabled,
  );
  const profile = plan.profiles.find((profile) => profile.name === name);
  if (profile === undefined || profile.launch.kind === 'url') {
    throw new CommandError(EXIT.usage, `profile '${name}' is run elsewhere: it has no environment here`);
  }
  const ports = await resolvePorts(profile, configFile);
  const gateway = commandFor(profile.launch, profile.listeners, ports);
  process.exitCode = await runAttached({ ...gateway, file, args });
}

/** Options behind the profile are the program's own, so gwproxy's stand before it. */
function programOf(words: readonly string[]): readonly [string, ...string[]] {
  const [file, ...args] = words[0] === '--' ? words.slice(1) : words;
  if (file === undefined || (words[0] !== '--' && file.startsWith('-'))) {
    throw new CommandError(
      EXIT.usage,
      'write `gwproxy exec PROFILE -- COMMAND…`, with options such as --config before the profile',
    );
  }
  return [file, ...args];
}
