import { basename } from 'node:path';
import { type Note, note, type Plain } from './notes.ts';
import { numberOf, splitArguments } from './pm2-values.ts';

/** The one listener of a converted app. */
export interface AppListener {
  /** Fixed in pm2's file; null if gwproxy allocates it. */
  readonly port: number | null;
  /** True if profile_paths makes it public. */
  readonly isPublic: boolean;
  /** `listeners` of the profile; empty where the config's default says the same. */
  readonly fields: Readonly<Record<string, Plain>>;
  readonly notes: readonly Note[];
}

/** They dial out and receive no webhooks themselves: a port in their environment or arguments is another program's. */
const TUNNELS: ReadonlySet<string> = new Set(['cloudflared', 'devtunnel', 'ngrok', 'tailscale', 'lt']);

/**
 * Where an app listens, from its PORT, `--port` or, for cloudflared, `--metrics`. Only an app that names a port of its
 * own may become public by `profile_paths`: of any other, nobody said that it serves webhooks. `usedPorts` are those of
 * the apps before it; `startTimeout` is how long a gateway may take to be ready, as text. Pure.
 */
export function listenerOf(
  command: readonly string[],
  writtenPort: string | undefined,
  usedPorts: ReadonlySet<number>,
  startTimeout: string,
): AppListener {
  const words = command[1] === '-c' ? splitArguments(command[2] ?? '') : command;
  if (TUNNELS.has(basename(words[0] ?? ''))) return tunnelListener(words, usedPorts, startTimeout);
  const port = portNumber(writtenPort) ?? portNumber(optionOf(words, '--port'));
  if (port === null) {
    const notes = [note('PORT', withoutPort(startTimeout))];
    return { port, isPublic: false, fields: { main: { paths: [] } }, notes };
  }
  if (usedPorts.has(port)) {
    const text = `${port} is another app's too; gwproxy allocates one and passes it as PORT`;
    return { port: null, isPublic: true, fields: {}, notes: [note('PORT', text)] };
  }
  return { port, isPublic: true, fields: { main: { port } }, notes: [] };
}

function withoutPort(startTimeout: string): string {
  return [
    'is not set. gwproxy allocates a port, passes it as PORT and keeps the profile private.',
    'If the bot serves webhooks, delete `paths: []`, or write `port: N` in its place for a port of its own.',
    `If it listens on no port, delete the profile and keep the app in pm2, without \`pm2 delete\`: a gateway that does not listen within ${startTimeout} is restarted again and again.`,
  ].join(' ');
}

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['', 'localhost', '127.0.0.1', '0.0.0.0']);

/** Private, and healthy while cloudflared's `/ready` says that the tunnel is connected. */
function tunnelListener(
  words: readonly string[],
  usedPorts: ReadonlySet<number>,
  startTimeout: string,
): AppListener {
  const lead = 'is a tunnel. Point it to the public port (`listen`) instead of to a bot.';
  const [, host = '', digits] = /^(.*):(\d+)$/.exec(optionOf(words, '--metrics') ?? '') ?? [];
  const port = portNumber(digits);
  if (port !== null && !usedPorts.has(port)) {
    const at = LOCAL_HOSTS.has(host) ? { port } : { host, port };
    const fields = { metrics: { ...at, health: '/ready', paths: [] } };
    return { port, isPublic: false, fields, notes: [note(null, lead)] };
  }
  const watch = [
    `It also needs a port that gwproxy can watch, or it is restarted every ${startTimeout}.`,
    'For cloudflared, put `--metrics 127.0.0.1:20241` behind the word tunnel, and write `listeners: { metrics: { port: 20241, health: /ready, paths: [] } }`.',
  ].join(' ');
  const notes = [note(null, `${lead} ${watch}`)];
  return { port: null, isPublic: false, fields: { main: { paths: [] } }, notes };
}

/** A port from 1 to 65535, or null. */
function portNumber(text: string | undefined): number | null {
  const port = numberOf(text);
  return port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

/** The value of the option, given as `--name value` or `--name=value`. */
function optionOf(command: readonly string[], name: string): string | undefined {
  const at = command.findIndex((word) => word === name || word.startsWith(`${name}=`));
  const word = command[at];
  if (word === undefined) return undefined;
  return word === name ? command[at + 1] : word.slice(name.length + 1);
}
