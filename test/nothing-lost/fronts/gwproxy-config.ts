import type { Bot } from '../bot.ts';
import type { Features } from '../options.ts';
import { TEAM } from '../senders/slack.ts';
import { issuerOf } from '../senders/tokens.ts';
import { TAG } from './env.ts';

export interface ConfigOptions {
  readonly port: number;
  readonly bots: readonly Bot[];
  readonly tag: string;
  readonly features: Features;
  /** RFC 7517: what tokens are verified by. */
  readonly keysFile: string;
  /** The URL of who issued them. */
  readonly authority: string;
  /** How often each bot's configuration was changed. */
  readonly revisions: ReadonlyMap<string, number>;
}

/** What gwproxy replaces by the port that it has found. */
const ALLOCATED = '$'.concat('{port}');

/** gwproxy.yaml, as JSON, which is YAML too. What is not said is gwproxy's default: that is what is tried. */
export function gwproxyConfig(options: ConfigOptions): string {
  const profiles = options.bots.map((bot) => [bot.name, profileOf(bot, options)]);
  return JSON.stringify({
    listen: `127.0.0.1:${options.port}`,
    watch: 'off',
    defaults: { start_timeout: '120s' },
    profiles: Object.fromEntries(profiles),
  });
}

function profileOf(bot: Bot, options: ConfigOptions): object {
  const { command, env } = bot.launch(ALLOCATED);
  const revision = options.revisions.get(bot.name) ?? 0;
  const { features } = options;
  return {
    command,
    env: { ...env, [TAG]: options.tag, REVISION: String(revision) },
    listeners: { http: { paths: ['/'], ...(bot.health !== null && { health: bot.health }) } },
    routes: [routeOf(bot)],
    ...(features.verify && { verify: verifyOf(bot, options) }),
    ...(features.spool && { delivery: 'spool' }),
  };
}

function routeOf({ sender }: Bot): object {
  return sender.is === 'slack'
    ? { slack: { team: TEAM, app: sender.app } }
    : { bot_framework: { app: sender.app } };
}

function verifyOf({ sender }: Bot, { keysFile, authority }: ConfigOptions): object {
  return sender.is === 'slack'
    ? { slack: { signing_secret: sender.secret } }
    : { bot_framework: { keys_file: keysFile, issuers: [issuerOf(authority)] } };
}
