import type { Platform } from './platform.ts';
import type { Attributes, Route } from './route.ts';

/**
 * What stands for a secret from the routes' compiling on: the same for the same secret, and nothing that the
 * secret can be read from. The door gives a keyed hash.
 */
export type Seal = (secret: string) => string;

/** The route with its secrets sealed; the same one where it has none. */
export function sealRoute(route: Route, platform: Platform, seal: Seal): Route {
  const { key } = route;
  if (key === null || !platform.secretFields.some((field) => Object.hasOwn(key.fields, field))) return route;
  const fields = Object.entries(key.fields).map(([field, values]) => [
    field,
    platform.secretFields.includes(field) ? values.map(seal) : values,
  ]);
  return { ...route, key: { ...key, fields: Object.fromEntries(fields) } };
}

/** The attributes with their secrets sealed; the same ones where they have none. */
export function sealAttributes(attributes: Attributes, platform: Platform, seal: Seal): Attributes {
  if (!platform.secretFields.some((field) => Object.hasOwn(attributes.fields, field))) return attributes;
  const fields = Object.entries(attributes.fields).map(([field, value]) => [
    field,
    platform.secretFields.includes(field) ? seal(value) : value,
  ]);
  return { ...attributes, fields: Object.fromEntries(fields) };
}
