import { z } from 'zod';
import type { Platform } from '../routing/platform.ts';
import { flag, looseText, pathPrefix, strict } from './fields.ts';
import { alternatives } from './problems.ts';

/** What the config needs to know of a platform. */
export type KeyedPlatform = Pick<Platform, 'name' | 'configKey' | 'fields' | 'normalise'>;

/** A route as written, of a shape that holds for every platform. */
export interface RouteConfig {
  /** Without the trailing slash; undefined where the route names none. */
  readonly path: string | undefined;
  readonly stripPrefix: boolean;
  readonly key: {
    readonly configKey: string;
    readonly fields: Readonly<Record<string, readonly string[]>>;
  } | null;
}

/** The routes that those platforms have: one key a platform, its fields, and the path scope. */
export function routeSchema(platforms: readonly KeyedPlatform[]) {
  const keys = platforms.map(({ configKey }) => configKey);
  const shape: Record<string, z.ZodType> = {
    ...Object.fromEntries(platforms.map((platform) => [platform.configKey, keySchema(platform).optional()])),
    path: pathPrefix().optional().describe('Requests whose path begins with this, in whole segments.'),
    strip_prefix: flag().optional().describe('Takes the path off before the gateway sees the request.'),
  };
  return strict(shape, `a map, such as path: /hooks or ${keys[0] ?? 'path'}: …`).transform(
    (written, context): RouteConfig => {
      // zod goes on where its only complaint is an unknown key; the rest is not what the author meant.
      if (context.issues.length > 0) return z.NEVER;
      const path = z.string().optional().parse(written['path']);
      const stripPrefix = written['strip_prefix'] === true;
      const named = keys.flatMap((configKey) => {
        const fields = fieldsSchema.safeParse(written[configKey]);
        return fields.success ? [{ configKey, fields: fields.data }] : [];
      });
      const message = routeFault(named, keys, path, stripPrefix);
      if (message !== null) context.addIssue({ code: 'custom', message });
      return { path, stripPrefix, key: named[0] ?? null };
    },
  );
}

const fieldsSchema = z.record(z.string(), z.array(z.string()));

function routeFault(
  named: readonly { readonly configKey: string }[],
  keys: readonly string[],
  path: string | undefined,
  stripPrefix: boolean,
): string | null {
  const [first, second] = named;
  if (first !== undefined && second !== undefined) {
    return `must name one sender, not ${first.configKey} and ${second.configKey}; write a route for each`;
  }
  if (stripPrefix && path === undefined) return "has 'strip_prefix' but no 'path' to take off";
  if (first === undefined && path === undefined) return `must name one of ${alternatives([...keys, 'path'])}`;
  return null;
}

function keySchema(platform: KeyedPlatform) {
  const value = 'text or a list of texts';
  const values = z
    .union([looseText(value), z.array(looseText(value), { error: value }).min(1, { error: value })], {
      error: value,
    })
    .transform((written) => (typeof written === 'string' ? [written] : written))
    .optional();
  const shape = Object.fromEntries(platform.fields.map((field) => [field, values]));
  return strict(shape, `a map of ${alternatives(platform.fields)}`)
    .transform((written, context) => {
      if (context.issues.length > 0) return z.NEVER;
      const given = Object.entries(written).flatMap(([field, accepted]) =>
        accepted === undefined ? [] : [[field, accepted] as const],
      );
      if (given.length === 0) {
        context.addIssue({ code: 'custom', message: `must name ${alternatives(platform.fields)}` });
      }
      return Object.fromEntries(given);
    })
    .describe(`Requests of ${platform.name}; all fields given must match, any value of a list.`);
}
