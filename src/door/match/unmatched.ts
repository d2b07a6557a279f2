import { PATH_LENGTH, type Report } from '../../events.ts';
import type { Attributes } from '../../routing/route.ts';
import { findScope } from '../../routing/table/table.ts';
import type { Head } from '../request/head.ts';
import type { RuleSet } from './rule-set.ts';

const MAX_KEYS = 1000;
/** Of one request: a batch of invented keys must not push out all that is remembered. */
const MAX_PER_REQUEST = 20;

/** Attributes that arrived and no profile claims; secrets are sealed. */
export interface UnmatchedKey {
  readonly attributes: Attributes;
  /** What a route must name beside them to claim the request: the scope that decided it, as in Route. */
  readonly scope: UnmatchedScope;
  /** Of the newest request. */
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
  record(attributes: readonly Attributes[], { host, path: prefix }: UnmatchedScope, path: string): void {
    const scope = { host, path: prefix };
    for (const one of attributes.slice(0, MAX_PER_REQUEST))
      this.#recordOne(one, scope, path.slice(0, PATH_LENGTH));
  }

  list(): readonly UnmatchedKey[] {
    return [...this.#keys.values()].reverse();
  }

  clear(): number {
    const { size } = this.#keys;
    this.#keys.clear();
    return size;
  }

  #recordOne({ platform, fields }: Attributes, scope: UnmatchedScope, path: string): void {
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
      if (this.#keys.size <= MAX_KEYS) break;
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
  const ruleSet = context.ruleSet();
  const scope = ruleSet === null ? null : findScope(ruleSet.table, head);
  context.unmatched.record(attributes, scope ?? { host: null, path: '' }, head.path);
}

/** The part of the door that recording an unmatched request needs. */
export interface UnmatchedContext {
  readonly unmatched: Unmatched;
  /** The ruling of the newest snapshot; null before the first. */
  ruleSet(): RuleSet | null;
}
