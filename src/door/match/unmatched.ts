import type { Report } from '../../events.ts';
import type { Attributes } from '../../routing/route.ts';
import { findScope } from '../../routing/table/table.ts';
import type { Head } from '../request/head.ts';
import type { RuleSet } from './rule-set.ts';

const MAX_KEYS = 1000;
/** Keys recorded per request, so that one batch of invented keys does not evict all others. */
const MAX_PER_REQUEST = 20;

/** Attributes of received requests that no profile claims; secrets are sealed. */
export interface UnmatchedKey {
  readonly attributes: Attributes;
  /** The scope (host and path prefix, as in Route) that a route needs to claim the request. */
  readonly scope: UnmatchedScope;
  /** The newest request's path, as `shownPath` gives it. */
  readonly path: string;
  readonly count: number;
  /** Epoch ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export interface UnmatchedScope {
  readonly host: string | null;
  readonly path: string;
}

export interface UnmatchedKeys {
  /** Newest first. */
  list(): readonly UnmatchedKey[];
  /** Forgets all keys, and returns how many there were. */
  clear(): number;
}

/**
 * Remembers the 1000 newest attributes that no profile claims, and reports each once while it is remembered, so that
 * invented keys cost neither memory nor a log line a request.
 */
export class Unmatched implements UnmatchedKeys {
  readonly #keys = new Map<string, UnmatchedKey>();
  readonly #report: Report;
  readonly #now: () => number;

  constructor(report: Report, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  /** Records the unclaimed attributes of one request; `path` is as `shownPath` gives it. */
  record(attributes: readonly Attributes[], { host, path: prefix }: UnmatchedScope, path: string): void {
    const scope = { host, path: prefix };
    for (const one of attributes.slice(0, MAX_PER_REQUEST)) this.#recordOne(one, scope, path);
  }

  list(): readonly UnmatchedKey[] {
    return [...this.#keys.values()].reverse();
  }

  clear(): number {
    const { size } = this.#keys;
    this.#keys.clear();
    return size;
  }

  #recordOne({ platform, fields, audience }: Attributes, scope: UnmatchedScope, path: string): void {
    // Without fields no route could claim it.
    if (Object.keys(fields).length === 0) return;
    // JSON, so that different fields never give the same key.
    const key = JSON.stringify([platform, Object.entries(fields), scope.host, scope.path]);
    const known = this.#keys.get(key);
    const now = this.#now();
    const attributes = known?.attributes ?? { platform, fields, ...(audience !== undefined && { audience }) };
    // Deleted first, so that the newest key is last in the map.
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
      if (this.#keys.size <= MAX_KEYS) break;
      this.#keys.delete(oldest);
    }
    this.#report({ type: 'door.unmatched', attributes, path });
  }
}

/** Records the unclaimed attributes of a request with the scope that a route needs to claim them. */
export function recordUnmatched(
  context: UnmatchedContext,
  head: Head,
  attributes: readonly Attributes[],
): void {
  if (attributes.length === 0) return;
  const ruleSet = context.ruleSet();
  const scope = ruleSet === null ? null : findScope(ruleSet.table, head);
  context.unmatched.record(attributes, scope ?? { host: null, path: '' }, context.shownPath(head.path));
}

/** The part of the door that recording an unmatched request needs. */
export interface UnmatchedContext {
  readonly unmatched: Unmatched;
  /** A request's path without the secrets that it may hold, for whatever is logged or listed. */
  shownPath(target: string): string;
  /** The rules of the newest snapshot; null before the first. */
  ruleSet(): RuleSet | null;
}
