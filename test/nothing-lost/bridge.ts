import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hermesProgram } from '../real/hermes-profile.ts';
import type { Bot } from './bot.ts';
import { TENANT } from './senders/tokens.ts';
import { responderPath } from './world.ts';

// Hermes' standalone bridge (hermes-a365 0.8.5). It hands each activity to its operator's responder and answers the
// channel only after that; so the responder, which world.ts is, knows what it saw. It drops an activity whose id it
// was handed before in the same life, and answers 200 to it: such a repeat is not seen twice.

const BLUEPRINT = { agentBlueprintId: 'invented-blueprint', agentBlueprintClientSecret: 'invented' };

/** Writes what bridges of those names are started with; the HERMES_HOME that they share. */
export async function prepareBridges(folder: string, names: readonly string[]): Promise<string> {
  const home = join(folder, 'hermes');
  for (const name of names) {
    await mkdir(join(home, 'agents', name), { recursive: true });
    await writeFile(join(home, 'agents', name, '.env'), `A365_TENANT_ID=${TENANT}\n`);
  }
  await writeFile(blueprintFile(home), JSON.stringify(BLUEPRINT));
  return home;
}

export function bridge(
  name: string,
  app: string,
  options: { readonly home: string; readonly world: string; recordOf(name: string): string },
): Bot {
  const { home, world, recordOf } = options;
  return {
    name,
    usual: 'message',
    synchronous: 'invoke',
    sender: { is: 'bot-framework', app },
    health: '/healthz',
    record: recordOf(name),
    launch: (port) => ({
      command: [
        hermesProgram('hermes-a365'),
        'activity-bridge',
        'serve',
        '--slug',
        name,
        '--port',
        port,
        '--webhook',
        world + responderPath(name),
        '--generated-config',
        blueprintFile(home),
        '--no-jwt-validation',
      ],
      env: { HERMES_HOME: home, HOME: home },
    }),
  };
}

function blueprintFile(home: string): string {
  return join(home, 'a365.generated.config.json');
}
