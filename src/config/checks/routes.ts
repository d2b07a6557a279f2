import type { Route, RouteKey } from '../../routing/route.ts';
import { type Problem, placeText, problemAt } from '../problems.ts';
import type { Profile } from '../profile.ts';
import type { KeyedPlatform } from '../route-schema.ts';
import { routesOf } from '../routes.ts';

/**
 * No two routes of profiles that are on may tie: same path, same fields, and a value in common in each of them.
 * Routes with other fields do not tie, since more fields beat fewer and a platform's fields have an order.
 */
export function checkRoutes(
  profiles: readonly Profile[],
  platforms: readonly KeyedPlatform[],
  profilePaths: boolean,
  folder: string,
): readonly Problem[] {
  const routes = profiles.flatMap((profile) => routesOf(profile, platforms, profilePaths));
  const written = new Set(routes.filter(isWritten(profiles)));
  // Those that profile_paths adds come first: the mistake is then where the author wrote something.
  const ordered = [...routes.filter((route) => !written.has(route)), ...written];
  const seen = new Map<string, Route[]>();
  return ordered.flatMap((route) => {
    const keys = bucketsOf(route);
    const rival = keys.flatMap((key) => seen.get(key) ?? []).find((other) => overlap(route, other));
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

/** Without its values: they may have come from a variable. */
function nameOf({ key, path }: Route, platforms: readonly KeyedPlatform[]): string {
  if (key === null) return `path '${path || '/'}'`;
  const sender = platforms.find(({ name }) => name === key.platform)?.configKey ?? key.platform;
  return `this ${sender} route (${Object.keys(key.fields).join(', ')})`;
}

function claimOf(rival: Route, written: ReadonlySet<Route>, folder: string): string {
  const how = written.has(rival) ? '' : ', through profile_paths,';
  return `is already claimed by profile '${rival.profile}'${how} at ${placeText(rival.source, folder)}`;
}

/**
 * Where rivals are looked for: scope, platform, field names and one value of the first field. Two routes that
 * tie share such a value, and 10,000 routes with their own values never meet.
 */
function bucketsOf(route: Route): readonly string[] {
  if (route.key === null) return [JSON.stringify([route.path])];
  const fields = comparable(route.key);
  const names = fields.map(([name]) => name);
  const values = fields[0]?.[1] ?? [];
  const platform = route.key.platform;
  return [...new Set(values)].map((value) => JSON.stringify([route.path, platform, names, value]));
}

function overlap(a: Route, b: Route): boolean {
  if (a.key === null || b.key === null) return a.key === b.key;
  const others = new Map(comparable(b.key));
  return comparable(a.key).every(([name, values]) => {
    const theirs = new Set(others.get(name));
    return values.some((value) => theirs.has(value));
  });
}

/** Sorted by name, so that the order in which fields were written says nothing. */
function comparable({ platform, fields }: RouteKey): readonly (readonly [string, readonly string[]])[] {
  const said = platform === 'bot-framework' ? asRecipient(fields) : fields;
  return Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Bot Framework writes an app G into a request as recipient `28:G`: both routes claim the same requests. */
function asRecipient({ app, ...rest }: RouteKey['fields']): RouteKey['fields'] {
  if (app === undefined) return rest;
  return rest['recipient'] === undefined
    ? { ...rest, recipient: app.map((id) => `28:${id}`) }
    : { ...rest, app };
}
