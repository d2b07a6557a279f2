import type { Platform } from '../platform.ts';
import type { Attributes, Route, RouteKey } from '../route.ts';

/** The keyed routes of one platform in one scope. The cost of a lookup depends only on the number of field sets. */
export interface KeyIndex {
  readonly platform: Platform;
  /** Whether its routes ask only for fields of the head, so that the body is streamed without being read. */
  readonly byHead: boolean;
  /** The sets of fields that the routes have, in the order in which they win. */
  readonly sets: readonly FieldSet[];
}

interface FieldSet {
  /** In the platform's order. */
  readonly fields: readonly string[];
  readonly values: Branch;
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
      set = { fields, values: branch() };
      sets.push(set);
    }
    insert(set.values, fields, 0, route);
  }
  sets.sort((a, b) => compareSets(platform, a.fields, b.fields));
  const byHead = sets.every(({ fields }) => fields.every((field) => platform.headFields.includes(field)));
  return { platform, byHead, sets };
}

/**
 * The route that claims those attributes: more fields win over fewer, then the platform's field order decides. Routes with
 * only shared fields (`Attributes.own`) come last.
 */
export function findByKey(index: KeyIndex, { fields, own }: Attributes): Route | undefined {
  let shared: Route | undefined;
  for (const set of index.sets) {
    const route = lookUp(set, fields);
    if (route === null) continue;
    if (own === undefined || set.fields.some((field) => own.includes(field))) return route;
    shared ??= route;
  }
  return shared;
}

function lookUp(set: FieldSet, fields: Attributes['fields']): Route | null {
  let at: Branch | undefined = set.values;
  for (const field of set.fields) {
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

function insert(at: Branch, fields: readonly string[], depth: number, route: KeyedRoute): void {
  const field = fields[depth];
  if (field === undefined) {
    if (at.route !== null) throw new Error(`${described(route)} claims what ${described(at.route)} claims`);
    at.route = route;
    return;
  }
  for (const value of new Set(route.key.fields[field])) {
    const next = at.next.get(value) ?? branch();
    at.next.set(value, next);
    insert(next, fields, depth + 1, route);
  }
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
