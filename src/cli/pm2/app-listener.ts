import type { ScriptPort } from './facts/script-port.ts';
import { type Note, note, type Plain } from './notes.ts';
import { numberOf } from './pm2-values.ts';
import type { Listening } from './senders/listening.ts';

/** The one listener of a converted app. */
export interface AppListener {
  /** Fixed by pm2's file, the app's .env or its script; null if gwproxy allocates it, or there is none. */
  readonly port: number | null;
  /** Whether the profile has a listener at all. */
  readonly isThere: boolean;
  /** True if profile_paths makes it public. */
  readonly isPublic: boolean;
  /** `listeners` of the profile; empty where the config's default says the same. */
  readonly fields: Readonly<Record<string, Plain>>;
  readonly notes: readonly Note[];
}

/** Where an app may listen. */
export interface PortFacts {
  readonly words: readonly string[];
  /** PORT in the app's own environment. */
  readonly written: string | undefined;
  readonly script: ScriptPort;
  /** Ports of the apps before it. */
  readonly used: ReadonlySet<number>;
}

const NONE: AppListener = {
  port: null,
  isThere: false,
  isPublic: false,
  fields: { listeners: 'none' },
  notes: [],
};

/** A job has no listener, which goes without saying. */
export const JOB_LISTENER: AppListener = { ...NONE, fields: {} };

/**
 * Where an app listens: on the port that its PORT or `--port` names, or, for an app that is called by a sender, on the one
 * that its script takes. An app of which no port is known gets no listener: it runs as it did under pm2, while a listener
 * that nobody serves would have it restarted again and again. Pure.
 */
export function listenerOf(listening: Listening, facts: PortFacts): AppListener {
  const named = portNumber(facts.written) ?? portNumber(optionOf(facts.words, '--port'));
  if (listening === 'no' || listening === 'unsure') return { ...NONE, notes: passedOn(named) };
  if (named !== null) return onPort(named, facts.used);
  const { readsPort, otherwise, serves } = facts.script;
  const isFree = otherwise !== null && !facts.used.has(otherwise);
  const port = isFree ? otherwise : null;
  const main: Readonly<Record<string, Plain>> = port === null ? {} : { port };
  if (listening === 'called') {
    if (!readsPort && port === null) return NONE;
    return {
      port,
      isThere: true,
      isPublic: true,
      fields: port === null ? {} : { listeners: { main } },
      notes: [],
    };
  }
  if (!readsPort || !serves) return { ...NONE, notes: [note('PORT', WITHOUT_PORT)] };
  const fields = { listeners: { main: { ...main, paths: [] } } };
  return { port, isThere: true, isPublic: false, fields, notes: [note('PORT', readOnly(port))] };
}

function onPort(port: number, used: ReadonlySet<number>): AppListener {
  const there = { isThere: true, isPublic: true };
  if (!used.has(port)) return { ...there, port, fields: { listeners: { main: { port } } }, notes: [] };
  const text = `${port} is another app's too; gwproxy allocates one and passes it as PORT`;
  return { ...there, port: null, fields: {}, notes: [note('PORT', text)] };
}

function passedOn(port: number | null): readonly Note[] {
  if (port === null) return [];
  const text = `${port} is passed on; if the bot also serves HTTP there, write \`listeners: { main: { port: ${port} } }\` in place of \`listeners: none\``;
  return [note('PORT', text)];
}

const WITHOUT_PORT =
  'is not set, and nothing says that the bot listens. It runs without a listener, as it does under pm2. If it serves webhooks, write `listeners: { main: { port: N } }` in place of `listeners: none`, with the port that it listens on.';

function readOnly(port: number | null): string {
  const which = port === null ? 'allocates a port and passes it' : `passes ${port}, which the script names,`;
  return `is not set. gwproxy ${which} as PORT, and keeps the profile private. If the bot serves webhooks, delete \`paths: []\`.`;
}

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['', 'localhost', '127.0.0.1', '0.0.0.0']);

/** Private; a cloudflared that names its metrics port is healthy while its `/ready` says that the tunnel is connected. */
export function tunnelListener(
  name: string,
  words: readonly string[],
  used: ReadonlySet<number>,
): AppListener {
  const lead = `is a tunnel (${name}). gwproxy needs one for all bots: point one to the public port (\`listen\`), and delete the profiles of the others.`;
  const [, host = '', digits] = /^(.*):(\d+)$/.exec(optionOf(words, '--metrics') ?? '') ?? [];
  const port = portNumber(digits);
  if (port !== null && !used.has(port)) {
    const at = LOCAL_HOSTS.has(host) ? { port } : { host, port };
    const fields = { listeners: { metrics: { ...at, health: '/ready', paths: [] } } };
    return { port, isThere: true, isPublic: false, fields, notes: [note(null, lead)] };
  }
  const text = name === 'cloudflared' ? `${lead} ${WATCH_CLOUDFLARED}` : lead;
  return { ...NONE, notes: [note(null, text)] };
}

const WATCH_CLOUDFLARED =
  'To have its connection watched, put `--metrics 127.0.0.1:20241` behind the word tunnel, and write `listeners: { metrics: { port: 20241, health: /ready, paths: [] } }`.';

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
