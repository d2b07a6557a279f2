import { z } from 'zod';
import { platforms } from '../../routing/platforms/index.ts';
import { choice, count, duration, flag, listen, size, strict, text } from './fields.ts';
import { profileName, profileSchema } from './profile-schema.ts';
import { readPublicUrl } from './public-url.ts';

export type Settings = z.output<ReturnType<typeof settingsSchema>>;

/** What stands beside profiles and defaults; those are known here only, so that no key of theirs is unknown. */
export function settingsSchema() {
  return strict({
    ...settings(),
    defaults: z.unknown().optional(),
    profiles: z.unknown().optional(),
  });
}

/**
 * The whole config as JSON Schema (draft 7, which editors know best), for `gwproxy schema`. Values that hold a
 * `${NAME}` are let through: what they become is checked at load.
 */
export function configJsonSchema(): object {
  const config = strict({
    ...settings(),
    defaults: profileSchema(platforms)
      .optional()
      .describe("Any field of a profile; the profile's own value wins."),
    profiles: z
      .record(profileName(), profileSchema(platforms))
      .optional()
      .describe("One bot identity each, by name: a-z, 0-9 and '-'."),
  });
  return z.toJSONSchema(config, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema, path }) => {
      if (!path.includes('propertyNames')) allowReferences(jsonSchema);
    },
  });
}

const REFERENCE = '\\$\\{.+\\}';

function allowReferences(schema: z.core.JSONSchema.BaseSchema): void {
  // Called once for each wrapper around the same schema.
  if (schema.pattern?.endsWith(REFERENCE)) return;
  if (schema.pattern !== undefined) {
    schema.pattern = `(?:${schema.pattern})|${REFERENCE}`;
  } else if (schema.enum !== undefined) {
    const { enum: names } = schema;
    delete schema.enum;
    delete schema.type;
    schema.anyOf = [{ enum: names }, { type: 'string', pattern: REFERENCE }];
  }
}

function settings() {
  return {
    listen: listen().prefault('127.0.0.1:3978').describe('The public port.'),
    public_url: publicUrl().optional().describe('What senders see; sets X-Forwarded-Proto and -Host.'),
    profile_paths: flag()
      .default(false)
      .describe("true: /p/<profile>/… reaches that profile's public paths, prefix taken off."),
    include: include().optional().describe('Globs of files with more profiles, relative to this file.'),
    watch: choice(['safe', 'all', 'off'])
      .default('safe')
      .describe(
        "What a change of this config's files does: safe applies it, whole, if it restarts and ends no gateway that serves, and else waits for `gwproxy reload`.",
      ),
    start_concurrency: z
      .union([z.literal('auto'), count(1, 1000)], { error: "'auto', or a whole number from 1 to 1000" })
      .default('auto')
      .describe('Gateways that may be starting at once; auto: two a core, at least four.'),
    logs: logsSchema().prefault({}).describe("The files of gateways' output and of gwproxy's own log."),
    limits: limitsSchema().prefault({}).describe('What the door takes at most.'),
  };
}

function publicUrl() {
  return z
    .string({ error: 'a URL such as https://bots.example.com' })
    .meta({ pattern: '^https?://[^/?#]+/?$' })
    .transform((written, context) => {
      const url = readPublicUrl(written);
      if (url.ok) return url.value;
      context.addIssue({ code: 'custom', message: url.reason });
      return z.NEVER;
    });
}

function include() {
  const what = 'a glob such as profiles/*.yaml, or a list of them';
  return z
    .union([text(what), z.array(text(what), { error: what })], { error: what })
    .transform((written) => (typeof written === 'string' ? [written] : written));
}

function logsSchema() {
  return strict({
    folder: text('a folder')
      .optional()
      .describe('Relative to this file; by default in the state folder, below ~/.local/state/gwproxy.'),
    size: size('store')
      .prefault('10MiB')
      .describe('A file is rotated, and compressed, when it is that big …'),
    age: duration().prefault('24h').describe('… or that old.'),
    keep: size('store')
      .prefault('100MiB')
      .describe('For the files of one profile together; the oldest go first.'),
  });
}

function limitsSchema() {
  const many = () => count(1, 1_000_000);
  return strict({
    body: size().prefault('4MiB').describe('A body that is read to route it.'),
    streamed: size().prefault('100MiB').describe('A body that is streamed: path routes read no body.'),
    buffered: size().prefault('128MiB').describe('All bodies in memory at once.'),
    headers: size().prefault('32KiB').describe('Request line and headers of one request.'),
    header_time: duration().prefault('15s').describe('For the headers of a request.'),
    body_time: duration().prefault('60s').describe('For the body of a request.'),
    connections: many().default(4096).describe('Connections to the public port.'),
    answer_time: duration().prefault('120s').describe("Until the first byte of a gateway's answer."),
    idle_time: duration().prefault('5m').describe('Between two parts of a streamed answer.'),
    held_per_profile: many().default(256).describe('Requests that wait for one profile.'),
    held_bytes_per_profile: size()
      .prefault('32MiB')
      .describe('Bodies of requests that wait for one profile; one alone may always wait.'),
    held: many().default(1024).describe('Requests that wait, all together.'),
  });
}
