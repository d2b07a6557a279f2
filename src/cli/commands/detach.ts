import { parseStatus } from '../../admin/status.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { makeStateFolder, stateFolder } from '../../state-folder.ts';
import { askRunning, isRunning } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';
import { loadPlan } from '../load-config.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';
import { startInBackground } from '../up/background.ts';

/**
 * `up` in the background: returns once the door listens. Throws a CommandError as `up` would: 78 for the config,
 * 73 where one runs, 70 where it cannot listen.
 */
export async function detach(configFile: string, profiles: readonly string[]): Promise<void> {
  const folder = stateFolder(configFile, process.env);
  const { plan, disabled } = await loadPlan(configFile);
  refuseUnknownProfiles(
    profiles,
    plan.profiles.map(({ name }) => name),
    disabled,
  );
  const hint = configHint(configFile);
  if (await isRunning(configFile)) {
    throw new CommandError(
      EXIT.alreadyRunning,
      `a gwproxy already runs on this config; see \`gwproxy status${hint}\`, or end it with \`gwproxy down${hint}\``,
    );
  }
  makeStateFolder(folder);
  await startInBackground(['-c', configFile, '--', ...profiles], folder);
  const { listen, pid } = parseStatus(await askRunning(configFile, 'GET', '/status'));
  const shown = plan.publicUrl === null ? '' : `, public as ${plan.publicUrl.href}`;
  console.log(`listening on http://${listen}${shown}, in the background (pid ${pid})`);
  const next = ['status', 'logs -f', 'down'].map((verb) => `gwproxy ${verb}${hint}`);
  console.log(`next: ${next.join(', ')}`);
}
