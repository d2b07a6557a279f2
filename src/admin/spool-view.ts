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

const BECAUSE = ['damaged', 'newer', 'disk'] as const;

/** An entry of `unreadable` in `gwproxy spool --json`: a file that holds an acknowledged delivery and cannot be read. */
export interface UnreadableEntry {
  /** The delivery's id, for `retry` and `drop`; it is the file's name. */
  readonly id: string;
  /** Null if the file does not say it. */
  readonly profile: string | null;
  /** damaged: torn or changed. newer: a newer gwproxy wrote it, and reads it. disk: the disk failed. */
  readonly because: (typeof BECAUSE)[number];
  readonly reason: string;
  /** Where it is, to copy it. */
  readonly path: string;
  /** Null if it is not known. */
  readonly bytes: number | null;
}

/** The answer to `GET /spool`. */
export interface SpoolContents {
  readonly spool: readonly SpoolEntry[];
  readonly unreadable: readonly UnreadableEntry[];
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
  list(): SpoolContents;
  /** Makes the chosen deliveries due now, dead letters and files that can be read by now too; returns how many. */
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

export function unreadableEntries(
  files: readonly (Omit<UnreadableEntry, 'id'> & { readonly file: string })[],
): readonly UnreadableEntry[] {
  return files.map(({ file, profile, because, reason, path, bytes }) => ({
    id: file,
    profile,
    because,
    reason,
    path,
    bytes,
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

/** Parses what came over the control socket. Throws as `parseStatus` does. */
export function parseSpool(value: unknown): SpoolContents {
  if (!isPlainObject(value)) throw otherVersion();
  // Older versions do not send the second list.
  const { spool, unreadable = [] } = value;
  if (!Array.isArray(spool) || !spool.every(isEntry)) throw otherVersion();
  if (!Array.isArray(unreadable) || !unreadable.every(isUnreadableEntry)) throw otherVersion();
  return { spool, unreadable };
}

/** Parses the number of changed entries that came over the control socket. Throws as `parseStatus` does. */
export function parseChanged(value: unknown): number {
  if (!isPlainObject(value) || typeof value['changed'] !== 'number') throw otherVersion();
  return value['changed'];
}

function otherVersion(): Error {
  return new Error('the gwproxy that runs here is of another version; use its own `gwproxy spool`');
}

function isUnreadableEntry(value: unknown): value is UnreadableEntry {
  return (
    isPlainObject(value) &&
    ['id', 'reason', 'path'].every((name) => typeof value[name] === 'string') &&
    BECAUSE.some((because) => because === value['because']) &&
    (value['profile'] === null || typeof value['profile'] === 'string') &&
    (value['bytes'] === null || typeof value['bytes'] === 'number')
  );
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
