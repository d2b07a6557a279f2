import type { Route } from '../../routing/route.ts';
import { formatPlace, type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import { routesOf } from '../routes.ts';
import type { KeyedPlatform } from '../schema/route-schema.ts';

/**
 * No two routes of enabled profiles may tie, that is, have the same host, path and fields, and share a value in each field.
 * Routes with different fields never tie, since more fields beat fewer and a platform's fields have an order.
 */
export function checkRoutes(
  profiles: readonly Profile[],
  platforms: readonly KeyedPlatform[],
  profilePaths: boolean,
  folder: string,
): readonly Problem[] {
  const routes = profiles.flatMap((profile) => routesOf(profile, platforms, profilePaths));
  const written = new Set(routes.filter(isWritten(profiles)));
  // Routes of profile_paths come first, so that the problem is at the route that the author wrote.
  const ordered = [...routes.filter((route) => !written.has(route)), ...written];
  const seen = new Map<string, Route[]>();
  return ordered.flatMap((route) => {
    const claims = claimsOf(route, platforms);
    const keys = bucketsOf(route, claims);
    const rival = keys
      .flatMap((key) => seen.get(key) ?? [])
      .find((other) => overlap(claims, claimsOf(other, platforms)));
    for (const key of keys) seen.set(key, [...(seen.get(key) ?? []), route]);
    return rival === undefined
      ? []
      : [problemAt(route.source, `${nameOf(route, platforms)} ${claimOf(rival, written, folder)}`)];
  });
}

function isWritten(profiles: readonly Profile[]): (route: Route) => boolean {
  const names = new Set(profiles.map(({ source }) => source));
  return ({ source }) => !names.has(source);
}

/** Without the values, which may be secrets. */
function nameOf({ key, host, path }: Route, platforms: readonly KeyedPlatform[]): string {
  if (key === null) {
    const ofHost = host === null ? '' : `host '${host}'`;
    return path === '' && host !== null
      ? ofHost
      : [`path '${path || '/'}'`, ofHost].filter(Boolean).join(' of ');
  }
  const fields = Object.keys(key.fields).map((field) => field.replace(':', ' '));
  const sender = platforms.find(({ name }) => name === key.platform)?.configKey ?? null;
  return `this ${sender === null ? '' : `${sender} `}route (${fields.join(', ')})`;
}

function claimOf(rival: Route, written: ReadonlySet<Route>, folder: string): string {
  const how = written.has(rival) ? '' : ', through profile_paths,';
  return `is already claimed by profile '${rival.profile}'${how} at ${formatPlace(rival.source, folder)}; make one more specific, or remove it`;
}

/** Field names and values, sorted by name; null for a route without a sender. */
type Claims = readonly (readonly [string, readonly string[]])[] | null;

function claimsOf({ key }: Route, platforms: readonly KeyedPlatform[]): Claims {
  if (key === null) return null;
  const platform = platforms.find(({ name }) => name === key.platform);
  const fields = platform?.comparable?.(key.fields) ?? key.fields;
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Keys of an index of routes: host, path, platform, field names and one value of the first field. Two routes that tie
 * share a key, and 10,000 routes with distinct values need no comparison.
 */
function bucketsOf({ host, path, key }: Route, claims: Claims): readonly string[] {
  if (key === null || claims === null) return [JSON.stringify([host, path])];
  const names = claims.map(([name]) => name);
  const values = claims[0]?.[1] ?? [];
  return [...new Set(values)].map((value) => JSON.stringify([host, path, key.platform, names, value]));
}

/** Whether two routes from one bucket tie. They have the same fields, or both none. */
function overlap(a: Claims, b: Claims): boolean {
  const others = new Map(b);
  return (a ?? []).every(([name, values]) => {
    const theirs = new Set(others.get(name));
    return values.some((value) => theirs.has(value));
  });
}
