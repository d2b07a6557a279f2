import { join } from 'node:path';
import { fixture } from '../support/root.ts';
import type { Bot } from './bot.ts';
import { bridge, prepareBridges } from './bridge.ts';
import { TENANT } from './senders/tokens.ts';

export interface FleetOptions {
  /** Of the run: records and homes are below it. */
  readonly folder: string;
  /** The URL of world.ts. */
  readonly world: string;
}

/** Two of each kind, so that each has a sibling that its deliveries could go astray to. */
export async function prepareFleet({ folder, world }: FleetOptions): Promise<readonly [Bot, ...Bot[]]> {
  const recordOf = (name: string): string => join(folder, `${name}.record`);
  const home = await prepareBridges(folder, ['bridge-one', 'bridge-two']);
  return [
    bolt('bolt-one', 'A0AAAAAAA1', recordOf),
    bolt('bolt-two', 'A0AAAAAAA2', recordOf),
    agent('agent-one', appId(1), world, recordOf),
    agent('agent-two', appId(2), world, recordOf),
    bridge('bridge-one', appId(3), { home, world, recordOf }),
    bridge('bridge-two', appId(4), { home, world, recordOf }),
  ];
}

function appId(number: number): string {
  return `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
}

function bolt(name: string, app: string, recordOf: (name: string) => string): Bot {
  const secret = `invented-signing-secret-of-${name}`;
  return {
    name,
    usual: 'event',
    synchronous: null,
    sender: { is: 'slack', app, secret },
    health: null,
    record: recordOf(name),
    launch: (port) => ({
      command: [process.execPath, fixture('nothing-lost', 'slack.mjs')],
      env: { PORT: port, RECORD: recordOf(name), SLACK_SIGNING_SECRET: secret },
    }),
  };
}

function agent(name: string, app: string, world: string, recordOf: (name: string) => string): Bot {
  return {
    name,
    usual: 'message',
    synchronous: 'replies',
    sender: { is: 'bot-framework', app },
    health: '/health',
    record: recordOf(name),
    launch: (port) => ({
      command: [process.execPath, fixture('nothing-lost', 'bot-framework.mjs')],
      env: {
        PORT: port,
        RECORD: recordOf(name),
        BOT_FRAMEWORK_APP: app,
        BOT_FRAMEWORK_TENANT: TENANT,
        BOT_FRAMEWORK_AUTHORITY: world,
      },
    }),
  };
}
