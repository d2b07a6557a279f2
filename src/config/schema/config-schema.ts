import { z } from 'zod';
import { choice, count, duration, flag, listen, size, strict, text } from './fields.ts';
import { readPublicUrl } from './public-url.ts';

export type Settings = z.output<ReturnType<typeof settingsSchema>>;

/** The schema of all settings. It accepts any `profiles` and `defaults`, which are read elsewhere. */
export function settingsSchema() {
  return strict({
    ...settings(),
    defaults: z.unknown().optional(),
    profiles: z.unknown().optional(),
  });
}

/** All top-level keys except `profiles` and `defaults`. */
export function settings() {
  return {
    listen: listen()
      .prefault('127.0.0.1:3978')
      .describe('The address and port that senders reach, directly or through a tunnel.'),
    public_url: publicUrl()
      .optional()
      .describe('The URL that senders call: gateways see it in X-Forwarded-Proto and X-Forwarded-Host.'),
    profile_paths: flag()
      .default(false)
      .describe(
        'true: the public paths of every profile are also reached as `/p/<profile>/…`, with that prefix removed.',
      ),
    include: include()
      .optional()
      .describe('Files with more profiles: a glob, or a list of globs, relative to this file.'),
    watch: choice(['safe', 'all', 'off'])
      .default('safe')
      .describe(
        'What a saved change does. safe: it is applied, whole, if it restarts and ends no gateway that serves, else it waits for `gwproxy reload`. all: it is applied. off: it waits.',
      ),
    start_concurrency: z
      .union([z.literal('auto'), count(1, 1000)], { error: "'auto', or a whole number from 1 to 1000" })
      .default('auto')
      .describe('How many gateways may be starting at once. auto: two for each core, at least four.'),
    logs: logsSchema().prefault({}).describe('The log files of the gateways and of gwproxy itself.'),
    limits: limitsSchema().prefault({}).describe('Limits of the public port.'),
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
      .describe(
        'The folder of the log files, relative to this file. By default `logs` in the state folder, below ~/.local/state/gwproxy.',
      ),
    size: size('store').prefault('10MiB').describe('A file of this size is rotated and compressed.'),
    age: duration().prefault('24h').describe('A file of this age is rotated and compressed.'),
    keep: size('store')
      .prefault('100MiB')
      .describe('The most that all files of one profile take; the oldest are deleted first.'),
  });
}

function limitsSchema() {
  const many = () => count(1, 1_000_000);
  return strict({
    body: size()
      .optional()
      .describe(
        'The longest body that is read into memory, to route or verify the request. By default 4MiB, and 25MiB for GitHub at a path that is for it.',
      ),
    streamed: size()
      .prefault('100MiB')
      .describe('The longest body that is streamed, if the head alone decides the route.'),
    buffered: size().prefault('128MiB').describe('All bodies in memory together.'),
    headers: size().prefault('32KiB').describe('The request line and headers of one request.'),
    header_time: duration().prefault('15s').describe('How long the headers of a request may take to arrive.'),
    body_time: duration().prefault('60s').describe('How long the body of a request may take to arrive.'),
    body_rate: size()
      .prefault('1KiB')
      .describe('The fewest bytes a second that a body may bring, measured over each 5 s.'),
    connections: many()
      .default(4096)
      .describe(
        'Connections to the public port at once; beyond it the one that has been idle for longest is closed.',
      ),
    answer_time: duration()
      .prefault('120s')
      .describe(
        'How long a gateway may take from the last byte of a request to the head of its final answer; interim answers (1xx) do not prolong it.',
      ),
    idle_time: duration().prefault('5m').describe('How long a streamed answer may pause.'),
    held_per_profile: many().default(256).describe('Requests held for one profile.'),
    held_bytes_per_profile: size()
      .prefault('32MiB')
      .describe('Bodies of the requests held for one profile; one request alone may always be held.'),
    held: many().default(1024).describe('Requests held for all profiles together.'),
  });
}
