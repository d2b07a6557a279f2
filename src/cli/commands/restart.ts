import { type ProfileStatus, parseStatus } from '../../admin/status.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { askRunning } from '../ask-running.ts';
import { changeGateways, changeProfiles } from './change-profiles.ts';

/**
 * Restarts the named profiles, or with `all` every gateway that is up. With `rolling` the next one is restarted when the
 * one before is ready. Throws a CommandError.
 */
export async function restart(
  configFile: string,
  profiles: readonly string[],
  { all, rolling }: { readonly all: boolean; readonly rolling: boolean },
): Promise<void> {
  if (all === profiles.length > 0) {
    throw new CommandError(EXIT.usage, 'name the profiles to restart, or give --all');
  }
  if (all) await changeGateways(configFile, 'restart', await namesOfUp(configFile), { rolling });
  else await changeProfiles(configFile, 'restart', profiles, { rolling });
}

/** The profiles whose gateways run or wait for their next start, in the config's order. */
async function namesOfUp(configFile: string): Promise<readonly string[]> {
  const status = parseStatus(await askRunning(configFile, 'GET', '/status'));
  return status.profiles.filter(isUp).map(({ name }) => name);
}

/** A job that runs is left alone: nobody who updates their bots wants it to begin anew. */
function isUp({ desired, pid, state, schedule }: ProfileStatus): boolean {
  return schedule?.action !== 'run' && desired === 'up' && (pid !== null || state === 'backoff');
}
