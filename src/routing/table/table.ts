import { hostName } from '../host.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Route } from '../route.ts';
import type { Seal } from '../seal.ts';
import { groupBy } from './group-by.ts';
import { compileScope, createScopeParts, type Scope } from './scope.ts';

export type { Scope } from './scope.ts';

/** All routes, arranged so that the cost of a request depends on its path and keys and not on the number of routes. */
export interface RouteTable {
  /** For each host, its scopes by path segment. */
  readonly byHost: ReadonlyMap<string, PathNode>;
  /** The scopes of the routes without a host. */
  readonly anyHost: PathNode;
}

export interface PathNode {
  readonly next: ReadonlyMap<string, PathNode>;
  readonly scope: Scope | null;
}

interface Draft {
  readonly next: Map<string, Draft>;
  scope: Scope | null;
}

/**
 * Compiles the routes of a snapshot. Secrets are sealed, so that the table holds none. Throws if two routes claim the
 * same, which the config's check refuses.
 */
export function compileRoutes(
  routes: readonly Route[],
  platforms: readonly Platform[],
  seal: Seal,
): RouteTable {
  const parts = createScopeParts(platforms, seal);
  const trees = new Map<string | null, Draft>([[null, draft()]]);
  for (const [host, ofHost] of groupBy(routes, (route) => route.host)) {
    const tree = trees.get(host) ?? draft();
    trees.set(host, tree);
    for (const [path, scoped] of groupBy(ofHost, (route) => route.path)) {
      draftAt(tree, path).scope = compileScope(host, path, scoped, parts);
    }
  }
  const byHost = [...trees].flatMap(([host, tree]): [string, PathNode][] =>
    host === null ? [] : [[host, tree]],
  );
  return { byHost: new Map(byHost), anyHost: trees.get(null) ?? draft() };
}

/**
 * The scope of a request: the one with the longest path prefix among the routes for its host, or else among the
 * routes for every host. Paths are compared in whole segments, nothing is decoded. Null if there is none.
 */
export function findScope(table: RouteTable, head: RequestHead): Scope | null {
  const tree = table.byHost.size === 0 ? undefined : table.byHost.get(hostName(head.host));
  return (tree === undefined ? null : longest(tree, head.path)) ?? longest(table.anyHost, head.path);
}

function longest(root: PathNode, path: string): Scope | null {
  let node = root;
  let { scope } = node;
  // The depth of the routes bounds the loop, however many segments the path has.
  for (let start = 1; node.next.size > 0 && start <= path.length; ) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    const next = node.next.get(path.slice(start, end));
    if (next === undefined) break;
    scope = next.scope ?? scope;
    node = next;
    start = end + 1;
  }
  return scope;
}

function draft(): Draft {
  return { next: new Map(), scope: null };
}

function draftAt(root: Draft, path: string): Draft {
  let at = root;
  for (const segment of path === '' ? [] : path.slice(1).split('/')) {
    const next = at.next.get(segment) ?? draft();
    at.next.set(segment, next);
    at = next;
  }
  return at;
}
