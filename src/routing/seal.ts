import type { Platform } from './platform.ts';
import type { Attributes, Route } from './route.ts';

/**
 * Replaces a secret in compiled routes and attributes: equal for equal secrets, and not reversible. The door passes a
 * keyed hash.
 */
export type Seal = (secret: string) => string;

/** The route with its secrets sealed; the same object if it has none. */
export function sealRoute(route: Route, platform: Platform, seal: Seal): Route {
  const { key } = route;
  if (key === null || !platform.secretFields.some((field) => Object.hasOwn(key.fields, field))) return route;
  const fields = Object.entries(key.fields).map(([field, values]) => [
    field,
    platform.secretFields.includes(field) ? values.map(seal) : values,
  ]);
  return { ...route, key: { ...key, fields: Object.fromEntries(fields) } };
}

/** The attributes with their secrets sealed; the same object if they have none. */
export function sealAttributes(attributes: Attributes, platform: Platform, seal: Seal): Attributes {
  if (!platform.secretFields.some((field) => Object.hasOwn(attributes.fields, field))) return attributes;
  const fields = { ...attributes.fields };
  for (const field of platform.secretFields) {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (value !== undefined) fields[field] = seal(value);
  }
  return { ...attributes, fields };
}
