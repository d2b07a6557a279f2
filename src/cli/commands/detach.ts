import { parseStatus } from '../../admin/status.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { makeStateFolder, stateFolder } from '../../state-folder.ts';
import { askRunning, isRunning } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';
import { loadPlanToStart } from '../load-config.ts';
import { print } from '../print.ts';
import { showStart } from '../progress/start-progress.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';
import { startInBackground } from '../up/background.ts';

/**
 * Runs `up` in the background. Returns when the public port is open; on a terminal also waits for the gateways. Throws a
 * CommandError as `up` would: 78 for the config, 73 if one runs already, 70 if the port cannot be opened.
 */
export async function detach(configFile: string, profiles: readonly string[]): Promise<void> {
  const folder = stateFolder(configFile, process.env);
  const { plan, disabled } = await loadPlanToStart(configFile);
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
  const status = parseStatus(await askRunning(configFile, 'GET', '/status'));
  const publicAs = plan.publicUrl === null ? '' : `, public as ${plan.publicUrl.href}`;
  print(`listening on http://${status.listen}${publicAs}, in the background (pid ${status.pid})`);
  await showStart(configFile, status);
  const next = ['status', 'logs -f', 'down'].map((verb) => `gwproxy ${verb}${hint}`);
  print(`next: ${next.join(', ')}`);
}
