import { type BodyReads, compileBodyReads } from './inspect.ts';
import { described, indexKeys, type KeyedRoute, type KeyIndex } from './key-index.ts';
import type { Platform, RequestHead } from './platform.ts';
import type { Route } from './route.ts';

/** Every route, laid out so that a request's cost depends on its own path and keys, not on their number. */
export interface RouteTable {
  /** The scopes by path segment. A scope by host will choose between several such roots. */
  readonly root: PathNode;
}

export interface PathNode {
  readonly next: ReadonlyMap<string, PathNode>;
  readonly scope: Scope | null;
}

/** The routes that share a path prefix. The scope of the longest prefix decides a request alone. */
export interface Scope {
  /** As in `Route.path`. */
  readonly path: string;
  /** The route that asks for the path alone. */
  readonly pathOnly: Route | null;
  /** One a platform, in the order in which they are asked. */
  readonly keyed: readonly KeyIndex[];
  /** Null where the head alone decides. */
  readonly reads: BodyReads | null;
}

interface Draft {
  readonly next: Map<string, Draft>;
  scope: Scope | null;
}

/**
 * Compiles the routes of a snapshot. Throws where two of them claim the same, which no checked config has.
 */
export function compileRoutes(routes: readonly Route[], platforms: readonly Platform[]): RouteTable {
  const byPath = new Map<string, Route[]>();
  for (const route of routes) {
    const scoped = byPath.get(route.path);
    if (scoped === undefined) byPath.set(route.path, [route]);
    else scoped.push(route);
  }
  const root: Draft = { next: new Map(), scope: null };
  const reads = sharedReads();
  for (const [path, scoped] of byPath)
    draftAt(root, path).scope = compileScope(path, scoped, platforms, reads);
  return { root };
}

function compileScope(
  path: string,
  routes: readonly Route[],
  platforms: readonly Platform[],
  reads: (used: readonly Platform[]) => BodyReads,
): Scope {
  const [pathOnly = null, other] = routes.filter(({ key }) => key === null);
  if (pathOnly !== null && other !== undefined) {
    throw new Error(`${described(other)} claims what ${described(pathOnly)} claims`);
  }
  const keyedRoutes = routes.filter((route): route is KeyedRoute => route.key !== null);
  const keyed = platforms
    .map((platform) => ({
      platform,
      own: keyedRoutes.filter(({ key }) => key.platform === platform.name),
    }))
    .filter(({ own }) => own.length > 0)
    .map(({ platform, own }) => indexKeys(platform, own));
  const stray = keyedRoutes.find(({ key }) => !platforms.some(({ name }) => name === key.platform));
  if (stray !== undefined) throw new Error(`${described(stray)} is of a platform that is not known`);
  return {
    path,
    pathOnly,
    keyed,
    reads: keyed.length === 0 ? null : reads(keyed.map(({ platform }) => platform)),
  };
}

/** Scopes that use the same platforms share what is compiled for them. */
function sharedReads(): (used: readonly Platform[]) => BodyReads {
  const known: { readonly used: readonly Platform[]; readonly reads: BodyReads }[] = [];
  return (used) => {
    const same = known.find(
      (entry) => entry.used.length === used.length && entry.used.every((one, index) => one === used[index]),
    );
    if (same !== undefined) return same.reads;
    const reads = compileBodyReads(used);
    known.push({ used, reads });
    return reads;
  };
}

function draftAt(root: Draft, path: string): Draft {
  let at = root;
  for (const segment of path === '' ? [] : path.slice(1).split('/')) {
    const next = at.next.get(segment) ?? { next: new Map(), scope: null };
    at.next.set(segment, next);
    at = next;
  }
  return at;
}

/** The scope of the longest prefix, in whole segments and nothing decoded; null where none holds the path. */
export function findScope(table: RouteTable, head: RequestHead): Scope | null {
  const { path } = head;
  let node = table.root;
  let { scope } = node;
  // Ends with the routes' own depth, however many segments the path has.
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
