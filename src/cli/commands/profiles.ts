import { askRunning } from '../control.ts';

/** Starts, stops or restarts these profiles, all at once; throws the first refusal after all have answered. */
export async function changeProfiles(
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
