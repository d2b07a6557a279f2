import { platforms } from '../routing/platforms/index.ts';
import type { Attributes, PlatformName } from '../routing/route.ts';
import { isPlainObject } from '../util/plain-object.ts';

/** An entry of `gwproxy unmatched --json`; users' scripts rely on these names. Times are ISO 8601, in UTC. */
export interface UnmatchedEntry {
  readonly platform: PlatformName;
  /** A secret is replaced by its keyed hash, which differs between secrets and between runs. */
  readonly fields: Readonly<Record<string, string>>;
  /** The audience of the request's bearer token, as written; null if it has none, or the sender none. */
  readonly audience: string | null;
  /** The host and path prefix that a route needs to claim these requests. */
  readonly scope: { readonly host: string | null; readonly path: string };
  /** The path of the newest request. */
  readonly path: string;
  readonly count: number;
  readonly first_seen: string;
  readonly last_seen: string;
}

/** An unmatched key as the door recorded it; times in epoch ms. */
export interface SeenKey {
  readonly attributes: Attributes;
  readonly scope: UnmatchedEntry['scope'];
  readonly path: string;
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export function unmatchedEntries(keys: readonly SeenKey[]): readonly UnmatchedEntry[] {
  return keys.map(({ attributes, scope, path, count, firstSeen, lastSeen }) => ({
    platform: attributes.platform,
    fields: attributes.fields,
    audience: attributes.audience ?? null,
    scope,
    path,
    count,
    first_seen: new Date(firstSeen).toISOString(),
    last_seen: new Date(lastSeen).toISOString(),
  }));
}

/** Parses entries that came over the control socket. Throws as `parseStatus` does. */
export function parseUnmatched(value: unknown): readonly UnmatchedEntry[] {
  if (!isPlainObject(value) || !Array.isArray(value['unmatched']) || !value['unmatched'].every(isEntry))
    throw new Error('the gwproxy that runs here is of another version; use its own `gwproxy unmatched`');
  return value['unmatched'];
}

function isEntry(value: unknown): value is UnmatchedEntry {
  return (
    isPlainObject(value) &&
    isPlatformName(value['platform']) &&
    isPlainObject(value['fields']) &&
    Object.values(value['fields']).every((field) => typeof field === 'string') &&
    (value['audience'] === null || typeof value['audience'] === 'string') &&
    isPlainObject(value['scope']) &&
    (value['scope']['host'] === null || typeof value['scope']['host'] === 'string') &&
    typeof value['scope']['path'] === 'string' &&
    typeof value['path'] === 'string' &&
    typeof value['count'] === 'number' &&
    typeof value['first_seen'] === 'string' &&
    typeof value['last_seen'] === 'string'
  );
}

function isPlatformName(value: unknown): value is PlatformName {
  return value === 'custom' || platforms.some(({ name }) => name === value);
}
