import { ask } from '../admin/client.ts';
import { CommandError, EXIT } from '../errors.ts';
import { controlSocketPath, stateFolder } from '../state.ts';

/** Asks the gwproxy that runs on this config. Throws a CommandError: 69 where none runs. */
export function askRunning(configFile: string, method: 'GET' | 'POST', path: string): Promise<unknown> {
  return ask(controlSocketPath(stateFolder(configFile, process.env)), method, path);
}

/** Whether a gwproxy answers on this config. Throws a CommandError where one does that is not the user's own. */
export async function isRunning(configFile: string): Promise<boolean> {
  try {
    await askRunning(configFile, 'GET', '/status');
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.notRunning) return false;
    throw error;
  }
}
