import { platforms } from '../routing/platforms/index.ts';
import type { PlatformName } from '../routing/route.ts';
import { isPlainObject } from '../util/plain-object.ts';

const STATES = ['queued', 'delivering', 'dead'] as const;

/** An entry of `gwproxy spool --json`; users' scripts rely on these names. Times are ISO 8601, in UTC. */
export interface SpoolEntry {
  readonly id: string;
  readonly profile: string;
  readonly platform: PlatformName;
  readonly state: (typeof STATES)[number];
  /**
   * Why it is a dead letter: tries, expired, refused or no-route; null if it is not one, or if the reason was not
   * recorded.
   */
  readonly reason: string | null;
  readonly received_at: string;
  readonly bytes: number;
  readonly tries: number;
  /** The gateway's status in the last attempt, or the code of its error; null before the first. */
  readonly last_status: string | null;
}

/** A spooled delivery as the door lists it; times in epoch ms. */
export interface Listed extends Omit<SpoolEntry, 'received_at' | 'last_status'> {
  readonly receivedAt: number;
  readonly lastStatus: string | null;
}

/** The deliveries that a command is for. */
export type ChosenDeliveries =
  | { readonly ids: readonly string[] }
  | { readonly profile: string }
  | { readonly all: true };

/** The commands for the spool. */
export interface SpoolCommands {
  /** In the order of their arrival. */
  list(): readonly SpoolEntry[];
  /** Makes the chosen deliveries due now, dead letters too; returns how many. */
  retry(chosen: ChosenDeliveries): Promise<number>;
  /** Deletes the chosen deliveries; returns how many. */
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

/** The query of a control command; `readChosen` parses it. */
export function writeChosen(chosen: ChosenDeliveries): string {
  if ('all' in chosen) return 'all';
  const query = new URLSearchParams();
  if ('profile' in chosen) query.set('profile', chosen.profile);
  else for (const id of chosen.ids) query.append('id', id);
  return query.toString();
}

/** Undefined unless the query has exactly one of `all`, `profile` and `id`s. */
export function readChosen(query: string): ChosenDeliveries | undefined {
  const params = new URLSearchParams(query);
  const profile = params.get('profile');
  const ids = params.getAll('id');
  const ways = [params.has('all'), profile !== null, ids.length > 0].filter((is) => is).length;
  if (ways !== 1) return undefined;
  if (profile !== null) return { profile };
  return ids.length > 0 ? { ids } : { all: true };
}

/** Parses entries that came over the control socket. Throws as `parseStatus` does. */
export function parseSpool(value: unknown): readonly SpoolEntry[] {
  if (!isPlainObject(value) || !Array.isArray(value['spool']) || !value['spool'].every(isEntry))
    throw otherVersion();
  return value['spool'];
}

/** Parses the number of changed entries that came over the control socket. Throws as `parseStatus` does. */
export function parseChanged(value: unknown): number {
  if (!isPlainObject(value) || typeof value['changed'] !== 'number') throw otherVersion();
  return value['changed'];
}

function otherVersion(): Error {
  return new Error('the gwproxy that runs here is of another version; use its own `gwproxy spool`');
}

function isEntry(value: unknown): value is SpoolEntry {
  return (
    isPlainObject(value) &&
    ['id', 'profile', 'received_at'].every((name) => typeof value[name] === 'string') &&
    ['bytes', 'tries'].every((name) => typeof value[name] === 'number') &&
    ['reason', 'last_status'].every((name) => value[name] === null || typeof value[name] === 'string') &&
    STATES.some((state) => state === value['state']) &&
    (value['platform'] === 'custom' || platforms.some(({ name }) => name === value['platform']))
  );
}
