import type { Attributes, Route, RouteKey } from '../route.ts';

export type KeyedRoute = Route & { readonly key: RouteKey };

/** The values of one field, each with the values of the next field below it. */
export interface Branch {
  readonly next: Map<string, Branch>;
  route: Route | null;
}

export function branch(): Branch {
  return { next: new Map(), route: null };
}

/** The branch at those fields' values; undefined if there is none. */
export function branchAt(
  values: Branch,
  names: readonly string[],
  fields: Attributes['fields'],
): Branch | undefined {
  let at: Branch | undefined = values;
  for (const field of names) {
    // hasOwn, since the name of a custom field comes from the config and may be that of a property of the prototype.
    const value: string | undefined = Object.hasOwn(fields, field) ? fields[field] : undefined;
    at = value === undefined ? undefined : at.next.get(value);
    if (at === undefined) return undefined;
  }
  return at;
}

/** The branches of a route's values for those fields, which are added where they are missing. */
export function leaves(root: Branch, fields: readonly string[], { key }: KeyedRoute): readonly Branch[] {
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
