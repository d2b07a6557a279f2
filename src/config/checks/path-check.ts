import type { Route } from '../../routing/route.ts';
import { pickByPath } from '../../routing/target-path.ts';
import { listenersOf, type PlacedListener } from '../listeners.ts';
import { type Problem, problemAt } from '../problems.ts';
import { publicPaths } from '../public-paths.ts';
import { fieldSource, type Profile } from '../read/profile.ts';
import { routesOf } from '../routes.ts';
import type { KeyedPlatform } from '../schema/route-schema.ts';

/** Warnings: a public path that no route leads to, and a route that leads to no public path. Both answer 404. */
export function pathWarnings(
  profile: Profile,
  platforms: readonly KeyedPlatform[],
  profilePaths: boolean,
): readonly Problem[] {
  const listeners = listenersOf(profile);
  const prefixes = listeners.flatMap(({ plan }) => plan.paths);
  const routes = routesOf(profile, platforms, profilePaths);
  // Without any route, or any path, the profile as a whole is warned of.
  if (prefixes.length === 0 || routes.length === 0) return [];
  return [...idleRoutes(routes, prefixes), ...idlePaths(profile, listeners, routes, prefixes)];
}

function idleRoutes(routes: readonly Route[], prefixes: readonly string[]): readonly Problem[] {
  return routes
    .filter((route) => publicPaths(prefixes, route).length === 0)
    .map(({ source, path }) =>
      problemAt(
        source,
        `no request passes this route: no listener serves '${path}'; write it among the paths of a listener, or strip_prefix: true`,
      ),
    );
}

function idlePaths(
  profile: Profile,
  listeners: readonly PlacedListener[],
  routes: readonly Route[],
  prefixes: readonly string[],
): readonly Problem[] {
  const candidates = prefixes.map((prefix) => ({ paths: [prefix] }));
  const inside = routes.flatMap((route) => publicPaths(prefixes, route).map((path) => path.inside));
  const reached = new Set(inside.flatMap((path) => pickByPath(candidates, path)?.paths ?? []));
  const advice = `write a route such as { path: /${profile.name}, strip_prefix: true }, or leave the path out to keep it private`;
  return listeners.flatMap(({ plan: { name, paths } }) => {
    const idle = paths.filter((path) => !reached.has(path));
    if (idle.length === 0) return [];
    const message = `no request reaches ${idle.join(', ')} of listener '${name}': no route of profile '${profile.name}' leads there; ${advice}`;
    return [problemAt(fieldSource(profile, 'listeners', name), message)];
  });
}
