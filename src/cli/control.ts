import { ask } from '../admin/client.ts';
import { controlSocketPath, stateFolder } from '../state.ts';

/** Asks the gwproxy that runs on this config. Throws a CommandError: 69 where none runs. */
export function askRunning(configFile: string, method: 'GET' | 'POST', path: string): Promise<unknown> {
  return ask(controlSocketPath(stateFolder(configFile, process.env)), method, path);
}
