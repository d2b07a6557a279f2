import { basename } from 'node:path';
import type { AppFacts } from '../facts/app-facts.ts';

/** They dial out and receive no webhooks themselves: a port in their environment or arguments is another program's. */
const TUNNELS: ReadonlySet<string> = new Set([
  'cloudflared',
  'devtunnel',
  'frpc',
  'localtunnel',
  'lt',
  'ngrok',
  'smee',
  'tailscale',
  'zrok',
]);
const SSH: ReadonlySet<string> = new Set(['ssh', 'autossh']);
/** Variables that only a tunnel's program reads. */
const TOKENS: readonly string[] = ['TUNNEL_TOKEN', 'NGROK_AUTHTOKEN'];

/**
 * The name of the tunnel that an app is: by its program, also through npx or as a script of Node's, by `ssh -R`, or by a
 * tunnel's own token. Null if it is none. Pure.
 */
export function tunnelOf({
  words,
  variables,
  script,
}: Pick<AppFacts, 'words' | 'variables' | 'script'>): string | null {
  const [program = '', ...others] = words.map((word) => basename(word, '.js'));
  const candidates = /^(?:node|npx|bunx|pnpx)$/.test(program)
    ? others.filter(isNoOption).slice(0, 1)
    : [program];
  const named = candidates.find((name) => TUNNELS.has(name));
  if (named !== undefined) return named;
  if (SSH.has(program) && words.some((word) => /^-[A-Za-z]*R/.test(word))) return `${program} -R`;
  const token = TOKENS.find((name) => (variables.get(name)?.place ?? 'shell') !== 'shell');
  return token !== undefined && script === null ? `a program with ${token}` : null;
}

function isNoOption(word: string): boolean {
  return !word.startsWith('-');
}
