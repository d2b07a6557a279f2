import { parseStatus } from '../../admin/status.ts';
import { CommandError } from '../../errors.ts';
import { askRunning } from '../ask-running.ts';
import { ChangeProgress, type Verb } from '../progress/change-progress.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';

const PAST: Readonly<Record<Verb, string>> = { start: 'started', stop: 'stopped', restart: 'restarted' };

/**
 * Starts, stops or restarts the named profiles. Throws a CommandError: 2 for a name that the running gwproxy does not
 * know, before any gateway is touched; else as `changeGateways`.
 */
export async function changeProfiles(
  configFile: string,
  verb: Verb,
  profiles: readonly string[],
  options: { readonly rolling?: boolean } = {},
): Promise<void> {
  const status = parseStatus(await askRunning(configFile, 'GET', '/status'));
  refuseUnknownProfiles(
    profiles,
    status.profiles.map(({ name }) => name),
  );
  await changeGateways(configFile, verb, profiles, options);
}

/**
 * Changes gateways that are known to exist: all at once, or with `rolling` one after the other until one fails. Prints a
 * line for each that succeeded, and shows the progress on a terminal. Throws a CommandError that names every failure.
 */
export async function changeGateways(
  configFile: string,
  verb: Verb,
  profiles: readonly string[],
  { rolling = false }: { readonly rolling?: boolean } = {},
): Promise<void> {
  const progress = new ChangeProgress(configFile, verb, profiles);
  const failures: unknown[] = [];
  const change = async (profile: string): Promise<void> => {
    progress.begin(profile);
    try {
      await askRunning(configFile, 'POST', `/profiles/${encodeURIComponent(profile)}/${verb}`);
      progress.succeed(profile, `${profile} ${PAST[verb]}`);
    } catch (error) {
      progress.fail(profile, error);
      failures.push(error);
    }
  };
  try {
    if (rolling) {
      for (const profile of profiles) {
        await change(profile);
        if (failures.length > 0) break;
      }
    } else {
      await Promise.all(profiles.map(change));
    }
  } finally {
    progress.end();
  }
  const [first] = failures;
  if (first === undefined) {
    if (profiles.length > 1) progress.line.finish(progress.summary);
  } else if (profiles.length === 1 || !(first instanceof CommandError)) {
    throw first;
  } else {
    throw new CommandError(first.exitCode, progress.summary, { cause: first });
  }
}
