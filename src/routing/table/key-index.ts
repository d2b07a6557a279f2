import type { Platform } from '../platform.ts';
import type { Attributes, Route } from '../route.ts';
import { type Branch, branch, branchAt, type KeyedRoute, leaves } from './branch.ts';
import { findLesser, type LesserClaims, lesserClaims } from './lesser-claims.ts';

/** The keyed routes of one platform in one scope. The cost of a lookup depends only on the number of field sets. */
export interface KeyIndex {
  readonly platform: Platform;
  /**
   * Whether the head may decide. all: the routes ask for no field of the body, so the body is never read. some: it
   * depends on the values in the head (`findByHead`). none: the first field set asks only for fields of the body.
   */
  readonly byHead: 'all' | 'some' | 'none';
  /** The sets of fields that the routes have, in the order in which they win. */
  readonly sets: readonly FieldSet[];
  /** What they claim of events that lack the platform's optional fields. */
  readonly lesser: LesserClaims;
}

interface FieldSet {
  /** In the platform's order. */
  readonly fields: readonly string[];
  readonly values: Branch;
  /** The part of `fields` that is in the head. */
  readonly headFields: readonly string[];
  /** The values of `headFields`; the same object as `values` if those are all fields. */
  readonly headValues: Branch;
}

/** Indexes the keyed routes of one platform. Throws if two routes claim the same, which the config's check refuses. */
export function indexKeys(platform: Platform, routes: readonly KeyedRoute[]): KeyIndex {
  const sets: FieldSet[] = [];
  for (const route of routes) {
    const names = Object.keys(route.key.fields);
    const fields = platform.fields.filter((field) => names.includes(field));
    if (fields.length === 0 || fields.length !== names.length) {
      throw new Error(`${described(route)} names no field, or one that ${platform.name} does not have`);
    }
    let set = sets.find((known) => compareSets(platform, known.fields, fields) === 0);
    if (set === undefined) {
      const headFields = fields.filter((field) => platform.headFields.includes(field));
      const values = branch();
      set = {
        fields,
        values,
        headFields,
        headValues: headFields.length === fields.length ? values : branch(),
      };
      sets.push(set);
    }
    insert(set, route);
  }
  sets.sort((a, b) => compareSets(platform, a.fields, b.fields));
  return { platform, byHead: byHeadOf(sets), sets, lesser: lesserClaims(platform, routes) };
}

function byHeadOf(sets: readonly FieldSet[]): KeyIndex['byHead'] {
  if (sets.every(isOfHead)) return 'all';
  return sets[0]?.headFields.length === 0 ? 'none' : 'some';
}

function isOfHead({ values, headValues }: FieldSet): boolean {
  return values === headValues;
}

/**
 * The route that claims those attributes: more fields win over fewer, then the platform's field order decides. Routes with
 * only shared fields (`Attributes.own`) come last. If none does, the route that alone can mean an event which lacks an
 * optional field.
 */
export function findByKey(index: KeyIndex, { fields, own }: Attributes): Route | undefined {
  let shared: Route | undefined;
  for (const set of index.sets) {
    const route = branchAt(set.values, set.fields, fields)?.route ?? null;
    if (route === null) continue;
    if (own === undefined || set.fields.some((field) => own.includes(field))) return route;
    shared ??= route;
  }
  return shared ?? findLesser(index.lesser, fields);
}

/**
 * The route that claims a request whose head has those attributes, whatever its body holds; undefined if no body makes
 * one claim it; 'needs body' if a route that wins over the head's asks for fields of the body.
 */
export function findByHead(index: KeyIndex, { fields }: Attributes): Route | 'needs body' | undefined {
  for (const set of index.sets) {
    const route = branchAt(set.headValues, set.headFields, fields)?.route ?? null;
    if (route !== null) return isOfHead(set) ? route : 'needs body';
  }
  return undefined;
}

function insert({ fields, values, headFields, headValues }: FieldSet, route: KeyedRoute): void {
  for (const leaf of leaves(values, fields, route)) {
    if (leaf.route !== null)
      throw new Error(`${described(route)} claims what ${described(leaf.route)} claims`);
    leaf.route = route;
  }
  if (values === headValues) return;
  // Several routes may share the values of the head; it only counts that there is one.
  for (const leaf of leaves(headValues, headFields, route)) leaf.route = route;
}

/** Negative if the set `a` wins over `b`, 0 if they are equal. */
function compareSets(platform: Platform, a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return b.length - a.length;
  for (const [index, field] of a.entries()) {
    const other = b[index];
    if (other !== undefined && field !== other) {
      return platform.fields.indexOf(field) - platform.fields.indexOf(other);
    }
  }
  return 0;
}

export function described({ profile, source }: Route): string {
  return `the route of ${profile} (${source.file}:${source.line}:${source.column})`;
}
