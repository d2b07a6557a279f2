import { parseReload } from '../../admin/reload-answer.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { counted } from '../../util/counted.ts';
import { askRunning } from '../ask-running.ts';
import { withConfig } from '../config-hint.ts';
import { print, printError, printJson } from '../print.ts';

/**
 * Lets the running gwproxy read its config again, and prints what changed. Returns when the new config is applied;
 * gateways may still be stopping and starting then. Throws a CommandError: 78 with every problem if the config is invalid
 * (nothing is changed then), 69 if no gwproxy runs.
 */
export async function reload(configFile: string, json: boolean): Promise<void> {
  const answer = await askRunning(configFile, 'POST', '/reload');
  const result = parseReload(answer);
  if (json) printJson(answer);
  if (!result.ok) {
    const count = counted(result.problems.length, 'problem');
    throw new CommandError(
      EXIT.invalidConfig,
      [...result.problems, `${count} in the config; nothing is changed`].join('\n'),
    );
  }
  if (json) return;
  for (const warning of result.warnings) printError(`warning: ${warning}`);
  for (const change of result.changes) print(withConfig(change, configFile));
  for (const change of result.pending) print(`not applied: ${withConfig(change, configFile)}`);
  if (result.changes.length + result.pending.length === 0) print('nothing changed');
}
