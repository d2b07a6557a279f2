import { type BodyReads, compileBodyReads } from '../body/inspect.ts';
import { customPlatform } from '../custom.ts';
import type { Platform } from '../platform.ts';
import type { Route } from '../route.ts';
import { type Seal, sealRoute } from '../seal.ts';
import type { KeyedRoute } from './branch.ts';
import { groupBy } from './group-by.ts';
import { described, indexKeys, type KeyIndex } from './key-index.ts';

/** The routes with one host and path prefix. The most specific scope of a request decides alone. */
export interface Scope {
  /** As in `Route.host`. */
  readonly host: string | null;
  /** As in `Route.path`. */
  readonly path: string;
  /** The route by host and path alone. */
  readonly pathOnly: Route | null;
  /** One for each platform, in the order in which they are asked. */
  readonly keyed: readonly KeyIndex[];
  /** Null if no route is keyed. */
  readonly reads: BodyReads | null;
  readonly seal: Seal;
}

/** The parts that the scopes of one table share. */
export interface ScopeParts {
  readonly platforms: readonly Platform[];
  readonly seal: Seal;
  /** The compiled reads of those platforms; one object for all scopes with the same platforms. */
  reads(used: readonly Platform[]): BodyReads;
  /** The custom platform of those routes; one object for all scopes with the same fields. */
  custom(routes: readonly KeyedRoute[]): Platform;
}

export function createScopeParts(platforms: readonly Platform[], seal: Seal): ScopeParts {
  const known: { readonly used: readonly Platform[]; readonly reads: BodyReads }[] = [];
  const customs = new Map<string, Platform>();
  return {
    platforms,
    seal,
    reads: (used) => {
      const same = known.find(
        (entry) => entry.used.length === used.length && entry.used.every((one, index) => one === used[index]),
      );
      if (same !== undefined) return same.reads;
      const reads = compileBodyReads(used);
      known.push({ used, reads });
      return reads;
    },
    custom: (routes) => {
      const platform = customPlatform(routes);
      const fields = JSON.stringify(platform.fields);
      const same = customs.get(fields) ?? platform;
      customs.set(fields, same);
      return same;
    },
  };
}

/** Throws if two of the routes claim the same, which the config's check refuses. */
export function compileScope(
  host: string | null,
  path: string,
  routes: readonly Route[],
  parts: ScopeParts,
): Scope {
  const [pathOnly = null, other] = routes.filter(({ key }) => key === null);
  if (pathOnly !== null && other !== undefined) {
    throw new Error(`${described(other)} claims what ${described(pathOnly)} claims`);
  }
  const keyed = indexesOf(routes.filter(isKeyed), parts);
  return {
    host,
    path,
    pathOnly,
    keyed,
    reads: keyed.length === 0 ? null : parts.reads(keyed.map(({ platform }) => platform)),
    seal: parts.seal,
  };
}

function indexesOf(routes: readonly KeyedRoute[], parts: ScopeParts): readonly KeyIndex[] {
  const byPlatform = groupBy(routes, ({ key }) => key.platform);
  const custom = byPlatform.get('custom');
  const platforms = custom === undefined ? parts.platforms : [...parts.platforms, parts.custom(custom)];
  const stray = routes.find(({ key }) => !platforms.some(({ name }) => name === key.platform));
  if (stray !== undefined) throw new Error(`${described(stray)} is of an unknown platform`);
  return platforms.flatMap((platform) => {
    const own = byPlatform.get(platform.name);
    if (own === undefined) return [];
    return [indexKeys(platform, own.map((route) => sealRoute(route, platform, parts.seal)).filter(isKeyed))];
  });
}

function isKeyed(route: Route): route is KeyedRoute {
  return route.key !== null;
}
