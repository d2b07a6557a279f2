import { parseStatus } from '../../admin/status.ts';
import { askRunning } from '../ask-running.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';

/**
 * Starts, stops or restarts these profiles, all at once; throws the first refusal after all have answered. A name that
 * the running gwproxy does not know is a CommandError (2) before any is touched.
 */
export async function changeProfiles(
  configFile: string,
  verb: string,
  profiles: readonly string[],
): Promise<void> {
  await refuseNotRunningNames(configFile, profiles);
  await changeEach(configFile, verb, profiles);
}

/** Throws a CommandError (2) where the gwproxy that runs, whatever its config says by now, knows no such profile. */
export async function refuseNotRunningNames(configFile: string, names: readonly string[]): Promise<void> {
  const { profiles } = parseStatus(await askRunning(configFile, 'GET', '/status'));
  refuseUnknownProfiles(
    names,
    profiles.map(({ name }) => name),
  );
}

/** The same as changeProfiles, of names that are known to be profiles. */
export async function changeEach(
  configFile: string,
  verb: string,
  profiles: readonly string[],
): Promise<void> {
  const past = verb === 'stop' ? 'stopped' : `${verb}ed`;
  const outcomes = await Promise.allSettled(
    profiles.map(async (profile) => {
      await askRunning(configFile, 'POST', `/profiles/${encodeURIComponent(profile)}/${verb}`);
      console.log(`${profile} ${past}`);
    }),
  );
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
