import { PATH_LENGTH, type Report } from '../../events.ts';
import type { Attributes } from '../../routing/route.ts';
import { findScope } from '../../routing/table/table.ts';
import type { Head } from '../request/head.ts';
import type { Ruling } from './ruling.ts';

const REMEMBERED = 1000;
/** Of one request: a batch of invented keys must not push out all that is remembered. */
const NAMED = 20;

/** Attributes that arrived and no profile claims; secrets are sealed. */
export interface UnmatchedKey {
  readonly attributes: Attributes;
  /** What a route must name beside them to claim the request: the scope that decided it, as in Route. */
  readonly scope: Where;
  /** Of the newest request. */
  readonly path: string;
  readonly count: number;
  /** Epoch ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export interface Where {
  readonly host: string | null;
  readonly path: string;
}

export interface UnmatchedKeys {
  /** The newest first. */
  list(): readonly UnmatchedKey[];
  /** Forgets all, and gives back how many there were. */
  clear(): number;
}

/**
 * Keeps the attributes that no profile claims and tells the operator of each, once while it is remembered: the
 * 1000 newest, so that a stranger's invented keys cost neither memory nor a log line a request.
 */
export class Unmatched implements UnmatchedKeys {
  readonly #keys = new Map<string, UnmatchedKey>();
  readonly #report: Report;
  readonly #now: () => number;

  constructor(report: Report, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  /** What one request names; none of it was claimed. */
  see(named: readonly Attributes[], { host, path: prefix }: Where, path: string): void {
    const scope = { host, path: prefix };
    for (const attributes of named.slice(0, NAMED)) this.#see(attributes, scope, path.slice(0, PATH_LENGTH));
  }

  list(): readonly UnmatchedKey[] {
    return [...this.#keys.values()].reverse();
  }

  clear(): number {
    const { size } = this.#keys;
    this.#keys.clear();
    return size;
  }

  #see({ platform, fields }: Attributes, scope: Where, path: string): void {
    // A notification that names nobody: no route could claim it.
    if (Object.keys(fields).length === 0) return;
    // As JSON, so that no value can be written to look like two.
    const key = JSON.stringify([platform, Object.entries(fields), scope.host, scope.path]);
    const known = this.#keys.get(key);
    const now = this.#now();
    const attributes = known?.attributes ?? { platform, fields };
    // Anew, so that the map's order is that of the newest.
    this.#keys.delete(key);
    this.#keys.set(key, {
      attributes,
      scope,
      path,
      count: (known?.count ?? 0) + 1,
      firstSeen: known?.firstSeen ?? now,
      lastSeen: now,
    });
    if (known !== undefined) return;
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= REMEMBERED) break;
      this.#keys.delete(oldest);
    }
    this.#report({ type: 'door.unmatched', attributes, path });
  }
}

/** Keeps what a request names and nobody claims, with the scope in which a route would have to claim it. */
export function recordUnmatched(
  context: UnmatchedContext,
  head: Head,
  attributes: readonly Attributes[],
): void {
  if (attributes.length === 0) return;
  const ruling = context.ruling();
  const scope = ruling === null ? null : findScope(ruling.table, head);
  context.unmatched.see(attributes, scope ?? { host: null, path: '' }, head.path);
}

/** The part of the door that recording an unmatched request needs. */
export interface UnmatchedContext {
  readonly unmatched: Unmatched;
  /** The ruling of the newest snapshot; null before the first. */
  ruling(): Ruling | null;
}
