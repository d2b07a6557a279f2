import type { Source } from '../../routing/route.ts';
import { listenersOf } from '../listeners.ts';
import { formatPlace, type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import { treeAt } from '../source/yaml-tree.ts';
import type { Plan } from '../types.ts';

interface Claim {
  readonly profile: string;
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  readonly source: Source;
}

/** No two listeners share an address, and none has the public port's. `listen` is null if it is invalid. */
export function checkPorts(
  profiles: readonly Profile[],
  listen: Plan['listen'] | null,
  folder: string,
): readonly Problem[] {
  const byPort = new Map<number, Claim[]>();
  return profiles.flatMap(claimsOf).flatMap((claim) => {
    if (listen?.port === claim.port && sameAddress(listen.host, claim.host)) {
      return [
        problemAt(
          claim.source,
          `port ${claim.port} is gwproxy's own public port (listen); choose another, or leave it out`,
        ),
      ];
    }
    const before = byPort.get(claim.port) ?? [];
    byPort.set(claim.port, [...before, claim]);
    const first = before.find(({ host }) => sameAddress(host, claim.host));
    if (first === undefined) return [];
    const owner = `listener '${first.listener}' of profile '${first.profile}'`;
    const message = `port ${claim.port} is already taken by ${owner} at ${formatPlace(first.source, folder)}; choose another`;
    return [problemAt(claim.source, message)];
  });
}

function claimsOf(profile: Profile): readonly Claim[] {
  if (profile.config.url !== undefined) return [];
  return listenersOf(profile).flatMap(({ plan: { name, host, port }, source }) => {
    if (port === 'auto') return [];
    const written = treeAt(profile.tree, ['listeners', name, 'port'])?.source ?? source;
    return [{ profile: profile.name, listener: name, host, port, source: written }];
  });
}

/** No `url` is gwproxy's own public port, since every request would come back to gwproxy. */
export function checkLoops(profiles: readonly Profile[], listen: Plan['listen']): readonly Problem[] {
  return profiles.flatMap(({ config: { url }, tree, source }) => {
    if (url === undefined || url.port !== listen.port || !sameAddress(listen.host, url.host)) return [];
    const place = treeAt(tree, ['url'])?.source ?? source;
    return [problemAt(place, "url is gwproxy's own public port (listen); write the gateway's")];
  });
}

function sameAddress(a: string, b: string): boolean {
  return isWildcard(a) || isWildcard(b) || loopback(a) === loopback(b);
}

/** Whether a socket on that host accepts connections to every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]*::[0:]*$/.test(host);
}

function loopback(host: string): string {
  return host.toLowerCase() === 'localhost' ? '127.0.0.1' : host.toLowerCase();
}
