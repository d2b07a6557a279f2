import { platforms } from '../routing/platforms/index.ts';
import type { PlatformName } from '../routing/route.ts';
import { isRecord } from './is-record.ts';

const STATES = ['queued', 'delivering', 'dead'] as const;

/** One of `gwproxy spool --json`; users' scripts rely on these names. Times are ISO 8601, in UTC. */
export interface SpoolEntry {
  readonly id: string;
  readonly profile: string;
  readonly platform: PlatformName;
  readonly state: (typeof STATES)[number];
  /** Why it is dead: tries, expired, refused or no-route; null where it is not, or where nobody knows any more. */
  readonly reason: string | null;
  readonly received_at: string;
  readonly bytes: number;
  readonly tries: number;
  /** Of the last try: a status, or the system's code of what broke; null for none. */
  readonly last_status: string | null;
}

/** What the door knows of such a delivery; times in epoch ms. */
export interface Listed extends Omit<SpoolEntry, 'received_at' | 'last_status'> {
  readonly receivedAt: number;
  readonly lastStatus: string | null;
}

/** Which deliveries a command means. */
export type ChosenDeliveries =
  | { readonly ids: readonly string[] }
  | { readonly profile: string }
  | { readonly all: true };

/** What the owner may ask of the spool. */
export interface SpoolCommands {
  /** In the order of arrival. */
  list(): readonly SpoolEntry[];
  /** How many are sent (again). */
  retry(chosen: ChosenDeliveries): Promise<number>;
  /** How many are removed for good. */
  drop(chosen: ChosenDeliveries): Promise<number>;
}

export function spoolEntries(listed: readonly Listed[]): readonly SpoolEntry[] {
  return listed.map(({ id, profile, platform, state, reason, receivedAt, bytes, tries, lastStatus }) => ({
    id,
    profile,
    platform,
    state,
    reason,
    received_at: new Date(receivedAt).toISOString(),
    bytes,
    tries,
    last_status: lastStatus,
  }));
}

/** The query of a control command, as `readChosen` takes it. */
export function writeChosen(chosen: ChosenDeliveries): string {
  if ('all' in chosen) return 'all';
  const query = new URLSearchParams();
  if ('profile' in chosen) query.set('profile', chosen.profile);
  else for (const id of chosen.ids) query.append('id', id);
  return query.toString();
}

/** Undefined where it does not say one thing. */
export function readChosen(query: string): ChosenDeliveries | undefined {
  const params = new URLSearchParams(query);
  const profile = params.get('profile');
  const ids = params.getAll('id');
  const said = [params.has('all'), profile !== null, ids.length > 0].filter((is) => is).length;
  if (said !== 1) return undefined;
  if (profile !== null) return { profile };
  return ids.length > 0 ? { ids } : { all: true };
}

/** The same, as it came over the control socket. Throws where its shape is another, as `parseStatus` does. */
export function parseSpool(value: unknown): readonly SpoolEntry[] {
  if (!isRecord(value) || !Array.isArray(value['spool']) || !value['spool'].every(isEntry))
    throw otherVersion();
  return value['spool'];
}

/** How many a command did something with, as it came over the control socket. Throws as `parseSpool` does. */
export function parseChanged(value: unknown): number {
  if (!isRecord(value) || typeof value['changed'] !== 'number') throw otherVersion();
  return value['changed'];
}

function otherVersion(): Error {
  return new Error('the gwproxy that runs here is of another version; use its own `gwproxy spool`');
}

function isEntry(value: unknown): value is SpoolEntry {
  return (
    isRecord(value) &&
    ['id', 'profile', 'received_at'].every((name) => typeof value[name] === 'string') &&
    ['bytes', 'tries'].every((name) => typeof value[name] === 'number') &&
    ['reason', 'last_status'].every((name) => value[name] === null || typeof value[name] === 'string') &&
    STATES.some((state) => state === value['state']) &&
    (value['platform'] === 'custom' || platforms.some(({ name }) => name === value['platform']))
  );
}
