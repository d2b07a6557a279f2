import type { Platform } from '../platform.ts';
import type { Attributes, Route } from '../route.ts';
import { type Branch, branch, branchAt, type KeyedRoute, leaves } from './branch.ts';

/** What routes claim of events that lack optional fields of theirs (`Platform.optionalFields`). */
export type LesserClaims = readonly LesserSet[];

/** The routes with the same optional fields and the same others. */
interface LesserSet {
  /** Fields that the routes have and the event must lack. */
  readonly lacking: readonly string[];
  /** The routes' other fields, which must match. */
  readonly fields: readonly string[];
  readonly values: Branch;
  /** The branches that several profiles claim. */
  readonly contested: ReadonlySet<Branch>;
}

/**
 * The claims of the routes that have optional fields and others. Fail closed: such a claim is contested if another profile
 * has the same, or a route by optional fields alone, since an event that lacks them may be for that one.
 */
export function lesserClaims(platform: Platform, routes: readonly KeyedRoute[]): LesserClaims {
  const isOptional = (field: string) => platform.optionalFields.includes(field);
  const fieldsOf = ({ key }: KeyedRoute) =>
    platform.fields.filter((field) => Object.hasOwn(key.fields, field));
  const bare = new Set(
    routes.filter((route) => fieldsOf(route).every(isOptional)).map(({ profile }) => profile),
  );
  const isContested = ({ profile }: Route) => bare.size > 1 || (bare.size === 1 && !bare.has(profile));
  const sets: (LesserSet & { readonly contested: Set<Branch> })[] = [];
  for (const route of routes) {
    const lacking = fieldsOf(route).filter(isOptional);
    const fields = fieldsOf(route).filter((field) => !isOptional(field));
    if (lacking.length === 0 || fields.length === 0) continue;
    let set = sets.find((known) => isEqual(known.lacking, lacking) && isEqual(known.fields, fields));
    if (set === undefined) {
      set = { lacking, fields, values: branch(), contested: new Set() };
      sets.push(set);
    }
    for (const leaf of leaves(set.values, fields, route)) {
      leaf.route ??= route;
      if (leaf.route.profile !== route.profile || isContested(route)) set.contested.add(leaf);
    }
  }
  return sets;
}

/** The route of the only profile that can mean an event with those fields; undefined if there is none, or several. */
export function findLesser(claims: LesserClaims, fields: Attributes['fields']): Route | undefined {
  let found: Route | undefined;
  for (const set of claims) {
    if (set.lacking.some((field) => Object.hasOwn(fields, field))) continue;
    const leaf = branchAt(set.values, set.fields, fields);
    const route = leaf?.route ?? null;
    if (leaf === undefined || route === null) continue;
    if (set.contested.has(leaf) || (found !== undefined && found.profile !== route.profile)) return undefined;
    found ??= route;
  }
  return found;
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((field, index) => field === b[index]);
}
