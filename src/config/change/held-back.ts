import type { Route } from '../../routing/route.ts';
import { matchesPrefix } from '../../routing/target-path.ts';

/** What of changed routes has to wait. */
export interface HeldBack {
  /** Whoever keeps all of its old routes, and with them whatever else decides what reaches it. */
  readonly profiles: ReadonlySet<string>;
  /** New routes of the others that wait. */
  readonly routes: ReadonlySet<Route>;
}

/** A route that only one of the two plans has. */
interface Change {
  readonly route: Route;
  readonly isNew: boolean;
  /** The other plan has no route at all in its scope. */
  readonly makesScope: boolean;
  /** All that it decides is whose a key of its sender is, and nothing of requests without one. */
  readonly isSteady: boolean;
}

/** Which scopes there are, and of which platforms each has routes; by `placeOf`. */
type Places = ReadonlySet<string>;

/**
 * What has to wait where the profiles in `waiting` keep their old routes. That is every change that could lead some
 * request to another profile than before while what waits still counts, or to another than it will be led to: of
 * all changes that one request may meet, either each is applied or none. So every request goes where it did or
 * where it will, and routes of both plans do not tie. Pure.
 */
export function heldBack(
  before: readonly Route[],
  after: readonly Route[],
  waiting: ReadonlySet<string>,
): HeldBack {
  const old = placesOf(before);
  const next = placesOf(after);
  const changes = changesBetween(before, after, old, next);
  const profiles = new Set(waiting);
  const held = new Set<Change>();
  const fresh: Change[] = [];
  const hold = (one: Change): void => {
    if (held.has(one)) return;
    held.add(one);
    fresh.push(one);
    // Its old routes are verified by its old rules, which its new ones may not do with.
    if (!one.isNew) bind(one.route.profile);
  };
  const bind = (name: string): void => {
    if (profiles.has(name)) return;
    profiles.add(name);
    for (const one of changes) if (one.route.profile === name) hold(one);
  };
  for (const one of changes) if (profiles.has(one.route.profile)) hold(one);
  for (let settled = false; !settled; ) {
    for (let waits = fresh.pop(); waits !== undefined; waits = fresh.pop()) {
      for (const one of changes) if (!held.has(one) && isBoundTo(one, waits)) hold(one);
    }
    // What both plans have, the one between has too: a sender's request there is its key's, and no wider route's.
    const left = placesOf(routesBetween(before, changes, held));
    const lost = (place: string): boolean => old.has(place) && next.has(place) && !left.has(place);
    for (const one of changes) if (!one.isNew && placesIn(one.route).some(lost)) hold(one);
    settled = fresh.length === 0;
  }
  const routes = new Set([...held].flatMap(({ route, isNew }) => (isNew ? [route] : [])));
  return { profiles, routes };
}

function changesBetween(
  before: readonly Route[],
  after: readonly Route[],
  old: Places,
  next: Places,
): readonly Change[] {
  const change = (route: Route, isNew: boolean): Change => ({
    route,
    isNew,
    makesScope: !(isNew ? old : next).has(placeOf(route, null)),
    isSteady: isSteady(route, old, next),
  });
  return [
    ...without(before, after).map((route) => change(route, false)),
    ...without(after, before).map((route) => change(route, true)),
  ];
}

function without(these: readonly Route[], others: readonly Route[]): readonly Route[] {
  const known = new Set(others.map(saidBy));
  return these.filter((route) => !known.has(saidBy(route)));
}

function routesBetween(
  before: readonly Route[],
  changes: readonly Change[],
  held: ReadonlySet<Change>,
): readonly Route[] {
  const applied = changes.filter((change) => !held.has(change));
  const gone = new Set(applied.flatMap(({ route, isNew }) => (isNew ? [] : [route])));
  const added = applied.flatMap(({ route, isNew }) => (isNew ? [route] : []));
  return [...before.filter((route) => !gone.has(route)), ...added];
}

/** Whether a change must wait since that other one does. */
function isBoundTo(change: Change, waits: Change): boolean {
  const own = change.route;
  const other = waits.route;
  if (own.host === other.host && own.path === other.path) {
    return !(change.isSteady && waits.isSteady) || mayShare(own, other);
  }
  // While a new scope waits, what lies in it is still decided further out: as it was.
  if (waits.isNew && waits.makesScope && decides(other, own)) return true;
  // Were a scope to go, what lies in it would be decided further out: by what is not to be any more.
  return !change.isNew && change.makesScope && decides(own, other);
}

/** Any other key may be one that the requests of several senders bear. */
function isSteady(route: Route, before: Places, after: Places): boolean {
  if (route.key === null || route.key.platform === 'custom') return false;
  const place = placeOf(route, route.key.platform);
  return before.has(place) && after.has(place);
}

/** Whether one delivery may match both keys. */
function mayShare({ key: one }: Route, { key: other }: Route): boolean {
  if (one === null || other === null || one.platform !== other.platform) return false;
  return Object.entries(one.fields).every(([field, values]) => {
    const theirs = other.fields[field];
    return theirs === undefined || values.some((value) => theirs.includes(value));
  });
}

/** Some request lies in the scopes of both, and then the first one's decides it: see findScope. */
function decides(one: Route, other: Route): boolean {
  const within = matchesPrefix(one.path, other.path);
  if (one.host === other.host) return within && one.path !== other.path;
  if (one.host === null || other.host !== null) return false;
  return within || matchesPrefix(other.path, one.path);
}

function placesOf(routes: readonly Route[]): Places {
  return new Set(routes.flatMap(placesIn));
}

function placesIn(route: Route): readonly string[] {
  const scope = placeOf(route, null);
  return route.key === null ? [scope] : [scope, placeOf(route, route.key.platform)];
}

/** A scope, or one platform's part of it. */
function placeOf({ host, path }: Route, platform: string | null): string {
  return JSON.stringify([host, path, platform]);
}

/** All of it but where it is written, in one order. */
function saidBy({ profile, key, host, path, stripPrefix, fallback, fanOut }: Route): string {
  const fields = Object.entries(key?.fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([profile, key?.platform ?? null, fields, host, path, stripPrefix, fallback, fanOut]);
}
