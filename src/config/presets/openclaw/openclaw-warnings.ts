import { BlockList, isIP } from 'node:net';
import { shellWord } from '../../../util/shell-word.ts';
import { type Problem, problemAt } from '../../problems.ts';
import type { Endpoint } from './openclaw-endpoints.ts';
import { type OpenClawHome, openClawCommand } from './openclaw-home.ts';
import type { Settings } from './openclaw-settings.ts';

/** What keeps such a gateway from starting, or gwproxy from reaching it. Pure. */
export function startProblems(config: Settings, home: OpenClawHome): readonly Problem[] {
  const problems: Problem[] = [];
  if (config.text('gateway', 'mode')?.text !== 'local') {
    const message = `OpenClaw ends with exit code 78 unless gateway.mode is local; run \`${set(home, 'gateway.mode', 'local')}\``;
    problems.push(problemAt(config.keySource('gateway', 'mode'), message));
  }
  if (config.flag('gateway', 'tls', 'enabled') === true) {
    const message = `gwproxy speaks plain HTTP to its gateways, and gateway.tls is on; run \`${set(home, 'gateway.tls.enabled', 'false')}\``;
    problems.push(problemAt(config.keySource('gateway', 'tls', 'enabled'), message));
  }
  return problems;
}

/**
 * Measured with 2026.9.6: without its proxy in gateway.trustedProxies it answers 403 to hooks and to its API; channels
 * that verify their own signatures are served, and their senders count as one client.
 */
export function proxyWarnings(
  config: Settings,
  home: OpenClawHome,
  endpoints: readonly Endpoint[],
): readonly Problem[] {
  const through = endpoints.filter(({ own }) => own === null);
  if (through.length === 0 || config.texts('gateway', 'trustedProxies').some(coversLoopback)) return [];
  const hooks = through.filter(({ channel }) => channel === 'hooks').map(({ path }) => path);
  const effect =
    hooks.length > 0
      ? `OpenClaw answers 403 (proxy_attribution_required) to every request for ${hooks.join(', ')}`
      : 'OpenClaw counts all senders as one client';
  const message =
    `${effect} as long as gateway.trustedProxies does not name gwproxy's address; ` +
    `run \`${set(home, 'gateway.trustedProxies', '\'["127.0.0.1"]\' --strict-json')}\``;
  return [problemAt(config.keySource('gateway', 'trustedProxies'), message)];
}

/** Senders that no route names, and that no `profile_paths` reaches either. */
export function routeWarnings(profile: string, endpoints: readonly Endpoint[]): readonly Problem[] {
  const missing = endpoints.filter(({ route }) => route === null);
  return missing.map(({ channel, path, source, routeToWrite }) => {
    const instead = `profile_paths: true, for the URL /p/${profile}${path}`;
    const advice =
      routeToWrite === null
        ? `write a route by path, or ${instead}`
        : `write a route such as ${routeToWrite}, or ${instead}`;
    return problemAt(
      source,
      `${channel}: openclaw.json does not say by which id its requests are told apart; ${advice}`,
    );
  });
}

/** Accounts whose secret is OpenClaw's alone, which keeps gwproxy from verifying those of the same sender. */
export function verifyWarnings(endpoints: readonly Endpoint[]): readonly Problem[] {
  return endpoints.map(({ channel, source }) =>
    problemAt(
      source,
      `${channel}: this account's secret cannot be read here, and one rule is for all of a profile's requests from ` +
        `${channel}: they pass unverified, and OpenClaw verifies them; for gwproxy to verify them too, write each secret ` +
        'there as text or from a variable, or write verify',
    ),
  );
}

function set(home: OpenClawHome, key: string, value: string): string {
  return `${openClawCommand(home, shellWord)} config set ${key} ${value}`;
}

/** Whether an entry of trustedProxies, an address or a CIDR range, holds 127.0.0.1. */
function coversLoopback(entry: string): boolean {
  const [address = '', bits] = entry
    .trim()
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .split('/');
  const mapped = entry.trim().toLowerCase().startsWith('::ffff:');
  if (isIP(address) !== 4) return false;
  if (bits === undefined) return address === '127.0.0.1';
  const prefix = Number(bits) - (mapped ? 96 : 0);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > 32) return false;
  const range = new BlockList();
  range.addSubnet(address, prefix);
  return range.check('127.0.0.1');
}
