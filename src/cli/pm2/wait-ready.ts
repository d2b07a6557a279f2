import { basename } from 'node:path';
import type { AppFacts } from './facts/app-facts.ts';
import { type Mapped, note } from './notes.ts';
import type { App } from './source/pm2-app.ts';

/** They start the bot as a process of their own, and keep the channel for themselves. */
const WRAPPERS = /^(?:npm|npx|yarn|pnpm|pnpx|corepack|uv|poetry|pipenv|sh|bash)(?:-cli)?$/;
const SENDS = /\bprocess\s{0,9}(?:\?\.|\.)\s{0,9}send\b|\bNODE_CHANNEL_FD\b/;

/**
 * `ready` of an app with wait_ready, which sends 'ready' to pm2. pm2 takes an app that does not for ready after
 * listen_timeout, and gwproxy would restart it: so an app whose script was read and sends nothing is not waited for.
 * Pure.
 */
export function readyOf(app: App, command: readonly string[], { script }: AppFacts): Mapped {
  if (app.fields.get('wait_ready') !== true) return { fields: {}, notes: [] };
  const sends = script === null ? null : SENDS.test(script.text) || (script.isWhole ? false : null);
  const wrapper = command
    .slice(0, 2)
    .map(programName)
    .find((name) => WRAPPERS.test(name));
  if (wrapper !== undefined || sends === false) {
    const why =
      wrapper === undefined ? 'its script sends no message' : `${wrapper} does not pass its message on`;
    const text = `is left out, since ${why}: it is ready when it listens, or after ready_after without listeners`;
    return { fields: {}, notes: [note('wait_ready', text)] };
  }
  const text =
    "becomes ready: ipc. gwproxy restarts a bot that has not called process.send('ready') within start_timeout, while pm2 takes it for ready after listen_timeout";
  return { fields: { ready: 'ipc' }, notes: sends === true ? [] : [note('wait_ready', text)] };
}

function programName(word: string): string {
  return basename(word, '.js');
}
