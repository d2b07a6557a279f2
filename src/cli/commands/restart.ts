import type { ProfileStatus } from '../../admin/status.ts';
import { parseStatus } from '../../admin/status.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { askRunning } from '../ask-running.ts';
import { changeEach, refuseNotRunningNames } from './change-profiles.ts';

/** Restarts these profiles, or with `all` every one that is up; with `rolling` each is ready before the next. */
export async function restart(
  configFile: string,
  profiles: readonly string[],
  options: { readonly all: boolean; readonly rolling: boolean },
): Promise<void> {
  if (options.all === profiles.length > 0) {
    throw new CommandError(EXIT.usage, 'name the profiles to restart, or say --all');
  }
  if (!options.all) await refuseNotRunningNames(configFile, profiles);
  const names = options.all ? await running(configFile) : profiles;
  if (!options.rolling) {
    await changeEach(configFile, 'restart', names);
    return;
  }
  for (const name of names) await changeEach(configFile, 'restart', [name]);
}

/** In the config's order: those that run here and are meant to. */
async function running(configFile: string): Promise<readonly string[]> {
  const status = parseStatus(await askRunning(configFile, 'GET', '/status'));
  return status.profiles.filter(isUp).map(({ name }) => name);
}

function isUp({ desired, pid, state }: ProfileStatus): boolean {
  return desired === 'up' && (pid !== null || state === 'backoff');
}
