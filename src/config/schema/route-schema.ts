import { z } from 'zod';
import type { Platform } from '../../routing/platform.ts';
import type { PlatformName } from '../../routing/route.ts';
import { alternatives } from '../problems.ts';
import { flag, pathPrefix, strict } from './fields.ts';
import { headers, host, jsonValues, textOrTexts } from './route-fields.ts';
import { senderFieldText, senderTitle } from './sender-texts.ts';

/** The part of a platform that the config needs. */
export type KeyedPlatform = Pick<Platform, 'name' | 'configKey' | 'fields' | 'normalise' | 'comparable'>;

/** A route as written, in the same shape for every platform. */
export interface RouteConfig {
  /** Undefined if the route names none, as is `path`. */
  readonly host: string | undefined;
  /** Without the trailing slash. */
  readonly path: string | undefined;
  readonly stripPrefix: boolean;
  readonly fallback: boolean;
  readonly unverified: boolean;
  readonly key: {
    readonly platform: PlatformName;
    readonly fields: Readonly<Record<string, readonly string[]>>;
  } | null;
}

interface Sender {
  readonly configKey: string;
  readonly platform: KeyedPlatform;
}

/** The keys of a route that name no sender. */
export const ROUTE_KEYS = [
  'path',
  'strip_prefix',
  'fallback',
  'unverified',
  'host',
  'header',
  'json',
] as const;

/** The platforms that have a key in the config, sorted by it. */
export function sendersOf(platforms: readonly KeyedPlatform[]): readonly Sender[] {
  const senders = platforms.flatMap((platform) =>
    platform.configKey === null ? [] : [{ configKey: platform.configKey, platform }],
  );
  return senders.sort((a, b) => (a.configKey < b.configKey ? -1 : 1));
}

/** The schema of a route: at most one sender with its fields, and host and path. */
export function routeSchema(platforms: readonly KeyedPlatform[]) {
  const senders = sendersOf(platforms);
  const shape: Record<string, z.ZodType> = {
    ...Object.fromEntries(senders.map((sender) => [sender.configKey, keySchema(sender).optional()])),
    path: pathPrefix().optional().describe('Requests whose path begins with this prefix, in whole segments.'),
    strip_prefix: flag().optional().describe('true: the gateway gets the request without that prefix.'),
    fallback: flag()
      .optional()
      .describe(
        'true: this route by path or host also gets the requests of known senders that no other route claims.',
      ),
    unverified: z
      .literal('allow', { error: 'allow' })
      .optional()
      .describe(
        "allow: requests by this route reach the gateway without a proof, although `verify` names their sender. Without it, a request that the gateway may take for one of these senders' is verified, whichever route it comes by.",
      ),
    host: host().optional().describe('Requests to this host name.'),
    header: headers().optional().describe('Any other sender: requests with this header.'),
    json: jsonValues().optional().describe('Any other sender: requests with this value in their JSON body.'),
  } satisfies Record<string, z.ZodType> & Record<(typeof ROUTE_KEYS)[number], z.ZodType>;
  return strict(shape, `a map, such as path: /hooks or ${senders[0]?.configKey ?? 'path'}: …`).transform(
    (written, context): RouteConfig => {
      // zod calls this despite an unknown key. The author meant something else, so nothing more is reported.
      if (context.issues.length > 0) return z.NEVER;
      const route = scopeSchema.parse(written);
      const custom = customSchema.parse(written);
      const named = senders.flatMap(({ configKey, platform: { name } }) => {
        const fields = fieldsSchema.safeParse(written[configKey]);
        return fields.success ? [{ configKey, platform: name, fields: fields.data }] : [];
      });
      const keys = [
        ...named,
        ...(custom.header === undefined && custom.json === undefined
          ? []
          : [
              {
                configKey: custom.header === undefined ? 'json' : 'header',
                platform: 'custom' as const,
                fields: { ...custom.header, ...custom.json },
              },
            ]),
      ];
      const message = routeFault(
        keys.map(({ configKey }) => configKey),
        senders,
        route,
      );
      if (message !== null) context.addIssue({ code: 'custom', message });
      const [key] = keys;
      return {
        host: route.host,
        path: route.path,
        stripPrefix: route.strip_prefix,
        fallback: route.fallback,
        unverified: route.unverified === 'allow',
        key: key === undefined ? null : { platform: key.platform, fields: key.fields },
      };
    },
  );
}

const fieldsSchema = z.record(z.string(), z.array(z.string()));

/** Gives the values that the schema above has read their types. */
const scopeSchema = z.object({
  host: z.string().optional(),
  path: z.string().optional(),
  strip_prefix: z.boolean().default(false),
  fallback: z.boolean().default(false),
  unverified: z.literal('allow').optional(),
});
const customSchema = z.object({ header: fieldsSchema.optional(), json: fieldsSchema.optional() });

function routeFault(
  named: readonly string[],
  senders: readonly Sender[],
  route: z.output<typeof scopeSchema>,
): string | null {
  const [first, second] = named;
  if (first !== undefined && second !== undefined) {
    return `must name one sender, not ${first} and ${second}; write a route for each`;
  }
  if (route.strip_prefix && route.path === undefined)
    return "has 'strip_prefix' but no 'path'; write the path to remove";
  if (first === undefined && route.path === undefined && route.host === undefined) {
    const keys = senders.map(({ configKey }) => configKey);
    return `must name one of ${alternatives([...keys, 'path', 'host', 'header', 'json'])}`;
  }
  if (route.fallback && first !== undefined) {
    return `has 'fallback' beside ${first}; it goes with a route of path or host alone`;
  }
  return null;
}

function keySchema({ platform: { name, fields: names } }: Sender) {
  const shape = Object.fromEntries(
    names.map((field) => {
      const values = textOrTexts().optional();
      const meaning = senderFieldText(name, field);
      return [field, meaning === undefined ? values : values.describe(meaning)];
    }),
  );
  return strict(shape, `a map of ${alternatives(names)}`)
    .transform((written, context) => {
      if (context.issues.length > 0) return z.NEVER;
      const given = Object.entries(written).flatMap(([field, accepted]) =>
        accepted === undefined ? [] : [[field, accepted] as const],
      );
      if (given.length === 0) {
        context.addIssue({ code: 'custom', message: `must name ${alternatives(names)}` });
      }
      return Object.fromEntries(given);
    })
    .describe(`Requests from ${senderTitle(name)}. Every field given must match; of a list, any one value.`);
}
