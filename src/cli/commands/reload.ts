import { parseReload } from '../../admin/reload-answer.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { counted } from '../../util/counted.ts';
import { askRunning } from '../ask-running.ts';
import { withConfig } from '../config-hint.ts';

/**
 * Lets the running gwproxy read its config again, and prints what changed. Returns when the new config is applied;
 * gateways may still be stopping and starting then. Throws a CommandError: 78 with every problem if the config is invalid
 * (nothing is changed then), 69 if no gwproxy runs.
 */
export async function reload(configFile: string, json: boolean): Promise<void> {
  const answer = await askRunning(configFile, 'POST', '/reload');
  const result = parseReload(answer);
  if (json) console.log(JSON.stringify(answer));
  if (!result.ok) {
    const count = counted(result.problems.length, 'problem');
    throw new CommandError(
      EXIT.invalidConfig,
      [...result.problems, `${count} in the config; nothing is changed`].join('\n'),
    );
  }
  if (json) return;
  for (const warning of result.warnings) console.error(`warning: ${warning}`);
  for (const change of result.changes) console.log(withConfig(change, configFile));
  for (const change of result.pending) console.log(`not applied: ${withConfig(change, configFile)}`);
  if (result.changes.length + result.pending.length === 0) console.log('nothing changed');
}
