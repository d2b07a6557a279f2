import type { Route, RouteKey } from '../routing/route.ts';
import type { Profile } from './profile.ts';
import type { KeyedPlatform, RouteConfig } from './route-schema.ts';
import { valueSource } from './tree.ts';

/** A profile's routes in the platforms' normal form, `/p/<profile>` last where profile_paths is on. Pure. */
export function routesOf(
  profile: Profile,
  platforms: readonly KeyedPlatform[],
  profilePaths: boolean,
): readonly Route[] {
  const written = profile.config.routes.map(
    (route, index): Route => ({
      profile: profile.name,
      key: keyOf(route, platforms),
      path: route.path ?? '',
      stripPrefix: route.stripPrefix,
      source: valueSource(profile.tree, ['routes', index]),
    }),
  );
  if (!profilePaths) return written;
  const own = { key: null, path: `/p/${profile.name}`, stripPrefix: true };
  return [...written, { profile: profile.name, ...own, source: profile.source }];
}

function keyOf({ key }: RouteConfig, platforms: readonly KeyedPlatform[]): RouteKey | null {
  const platform = platforms.find(({ configKey }) => configKey === key?.configKey);
  if (key === null || platform === undefined) return null;
  const fields = Object.entries(key.fields).map(([field, values]) => [
    field,
    [...new Set(values.map((value) => platform.normalise(field, value)))],
  ]);
  return { platform: platform.name, fields: Object.fromEntries(fields) };
}
