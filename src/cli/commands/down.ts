import { askRunning } from '../ask-running.ts';
import { print } from '../print.ts';

/** Stops the gwproxy that runs on this config, and returns when all its gateways have ended. */
export async function down(configFile: string, now: boolean): Promise<void> {
  await askRunning(configFile, 'POST', now ? '/down?at_once' : '/down');
  print('gwproxy and its gateways are stopped');
}
