import type { Route, RouteKey } from '../routing/route.ts';
import { listenersOf } from './listeners.ts';
import { profilePath } from './public-by-profile-path.ts';
import type { Profile } from './read/profile.ts';
import type { KeyedPlatform, RouteConfig } from './schema/route-schema.ts';
import { valueSource } from './source/yaml-tree.ts';

/**
 * A profile's routes, with values normalised by their platforms. With `profilePaths`, the last one is `/p/<profile>`,
 * unless no listener has public paths. Pure.
 */
export function routesOf(
  profile: Profile,
  platforms: readonly KeyedPlatform[],
  profilePaths: boolean,
): readonly Route[] {
  const { name, config } = profile;
  const common = { profile: name, fanOut: config.fan_out, keepHeaders: config.keep_headers };
  const written = config.routes.map(
    (route, index): Route => ({
      ...common,
      key: keyOf(route, platforms),
      host: route.host ?? null,
      path: route.path ?? '',
      stripPrefix: route.stripPrefix,
      fallback: route.fallback,
      unverified: route.unverified,
      source: valueSource(profile.tree, ['routes', index]),
    }),
  );
  const isPrivate = listenersOf(profile).every(({ plan }) => plan.paths.length === 0);
  if (!profilePaths || isPrivate) return written;
  const own = { key: null, host: null, path: profilePath(name), stripPrefix: true };
  return [...written, { ...common, ...own, fallback: false, unverified: false, source: profile.source }];
}

function keyOf({ key }: RouteConfig, platforms: readonly KeyedPlatform[]): RouteKey | null {
  if (key === null) return null;
  const platform = platforms.find(({ name }) => name === key.platform);
  const fields = Object.entries(key.fields).map(([field, values]) => [
    field,
    [...new Set(values.map((value) => platform?.normalise(field, value) ?? value))],
  ]);
  return { platform: key.platform, fields: Object.fromEntries(fields) };
}
