import type { Platform } from '../platform.ts';
import type { Attributes, Route, RouteKey } from '../route.ts';

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

/** The values of one field, each with the values of the next field below it. */
interface Branch {
  readonly next: Map<string, Branch>;
  route: Route | null;
}

export type KeyedRoute = Route & { readonly key: RouteKey };

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
  return { platform, byHead: byHeadOf(sets), sets };
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
 * only shared fields (`Attributes.own`) come last.
 */
export function findByKey(index: KeyIndex, { fields, own }: Attributes): Route | undefined {
  let shared: Route | undefined;
  for (const set of index.sets) {
    const route = lookUp(set.values, set.fields, fields);
    if (route === null) continue;
    if (own === undefined || set.fields.some((field) => own.includes(field))) return route;
    shared ??= route;
  }
  return shared;
}

/**
 * The route that claims a request whose head has those attributes, whatever its body holds; undefined if no body makes
 * one claim it; 'needs body' if a route that wins over the head's asks for fields of the body.
 */
export function findByHead(index: KeyIndex, { fields }: Attributes): Route | 'needs body' | undefined {
  for (const set of index.sets) {
    const route = lookUp(set.headValues, set.headFields, fields);
    if (route !== null) return isOfHead(set) ? route : 'needs body';
  }
  return undefined;
}

function lookUp(values: Branch, names: readonly string[], fields: Attributes['fields']): Route | null {
  let at: Branch | undefined = values;
  for (const field of names) {
    // hasOwn, since the name of a custom field comes from the config and may be that of a property of the prototype.
    const value: string | undefined = Object.hasOwn(fields, field) ? fields[field] : undefined;
    at = value === undefined ? undefined : at.next.get(value);
    if (at === undefined) return null;
  }
  return at.route;
}

function branch(): Branch {
  return { next: new Map(), route: null };
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

/** The branches of a route's values for those fields, which are added where they are missing. */
function leaves(root: Branch, fields: readonly string[], { key }: KeyedRoute): readonly Branch[] {
  let level: readonly Branch[] = [root];
  for (const field of fields) {
    const values = [...new Set(key.fields[field])];
    level = level.flatMap((at) =>
      values.map((value) => {
        const next = at.next.get(value) ?? branch();
        at.next.set(value, next);
        return next;
      }),
    );
  }
  return level;
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
