import { z } from 'zod';
import {
  choice,
  count,
  duration,
  flag,
  healthPath,
  named,
  pathPrefix,
  port,
  strict,
  text,
} from './fields.ts';
import { presets } from './presets/index.ts';
import { presetSchema } from './presets/schema.ts';
import { type KeyedPlatform, routeSchema } from './route-schema.ts';
import type { Health } from './types.ts';
import { readUpstreamUrl } from './urls.ts';

export type ProfileConfig = z.output<ReturnType<typeof profileSchema>>;

/** The fields that say how a gateway is run: none of them means anything beside `url`. */
export const COMMAND_ONLY = [
  'preset',
  'cwd',
  'env',
  'env_file',
  'start',
  'start_timeout',
  'restart',
  'stop',
] as const satisfies readonly (keyof ProfileConfig)[];

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LISTENER_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;

/** The name of the listener of a profile that names none. */
const DEFAULT_LISTENER = 'main';

/** Said of a name that is none; follows 'the name'. */
export const NAME_RULE = "may hold a-z, 0-9 and '-' inside, at most 63";

export function profileName() {
  return named(NAME, NAME_RULE);
}

export function profileSchema(platforms: readonly KeyedPlatform[]) {
  return strict({
    command: command()
      .optional()
      .describe('The gateway: a list of arguments, or one text split like a shell does. No shell runs it.'),
    url: upstreamUrl()
      .optional()
      .describe('Instead of command: a gateway that someone else runs, probed and routed to.'),
    preset: presetSchema(presets)
      .optional()
      .describe('What the gateway is: its command, listeners and routes are read from its own files.'),
    enabled: flag().default(true).describe('false: checked, but neither run nor routed to.'),
    cwd: text('a folder')
      .optional()
      .describe('Relative to the file that holds the profile; by default its folder.'),
    env: z
      .record(named(ENV_NAME, "may hold A-Z, a-z, 0-9, '_', '.' and '-', and no digit first"), envValue(), {
        error: 'a map of names and values',
      })
      .default({})
      .describe("The gateway's environment, beside a small base and env_file."),
    env_file: text('a file')
      .optional()
      .describe('KEY=VALUE lines; relative to the file that holds the profile.'),
    start: choice(['always', 'on-demand', 'manual'])
      .default('always')
      .describe('When the gateway is started.'),
    start_timeout: duration().prefault('60s').describe('How long a start may take.'),
    listeners: listenersSchema()
      .prefault({ [DEFAULT_LISTENER]: {} })
      .describe("The gateway's ports. None given: one, its port allocated and passed as PORT."),
    routes: z
      .array(routeSchema(platforms), { error: "a list, each route behind a '-'" })
      .default([])
      .describe('Which requests are for this profile. Alternatives: one that matches is enough.'),
    fan_out: flag()
      .default(false)
      .describe("true: takes batches that are for others too, whole, and so sees the others' data."),
    restart: restartSchema().prefault({}).describe('When and how soon an ended gateway is started again.'),
    stop: strict({
      drain: duration(0).prefault('10s').describe('How long requests in flight may take.'),
      signal: choice(SIGNALS).default('SIGTERM').describe('What asks the gateway to end.'),
      grace: duration(0).prefault('10s').describe('How long it may take to end before SIGKILL.'),
    })
      .prefault({})
      .describe('How a gateway is stopped.'),
  });
}

/** Empty text is a value that an environment can hold. */
function envValue() {
  return z.string({ error: 'text, a number, true or false' }).meta({ type: ['string', 'number', 'boolean'] });
}

function command() {
  const what = 'a list of arguments, or one text';
  const part = z.string({ error: 'text' }).meta({ type: ['string', 'number', 'boolean'] });
  return z.union([text(what), z.array(part, { error: what }).min(1, { error: what })], { error: what });
}

function upstreamUrl() {
  return z
    .string({ error: 'http://host:port' })
    .meta({ pattern: '^http://[^/?#]+/?$' })
    .transform((written, context) => {
      const url = readUpstreamUrl(written);
      if (url.ok) return url.value;
      context.addIssue({ code: 'custom', message: url.reason });
      return z.NEVER;
    });
}

function listenersSchema() {
  const name = named(LISTENER_NAME, "may hold a-z, 0-9, '_' and '-' inside, at most 63");
  return z
    .record(name, listenerSchema(), { error: 'a map of names and listeners' })
    .refine((listeners) => Object.keys(listeners).length > 0, {
      error: 'must name a listener; left out, there is one with an allocated port',
    });
}

function listenerSchema() {
  return strict({
    port: port().default('auto').describe('auto: allocated at each start.'),
    port_env: named(ENV_NAME, 'the name of an environment variable')
      .optional()
      .describe("The variable that tells the gateway its port; PORT for a profile's only listener."),
    host: text('a host name or an IP address').default('127.0.0.1').describe('Where the gateway listens.'),
    paths: z
      .array(pathPrefix(), { error: "a list of paths, each behind a '-' or in [ ]" })
      .optional()
      .describe("Public path prefixes. Not given: every path of a profile's only listener, else none."),
    health: healthSchema()
      .prefault({})
      .describe('Ready when this path answers; else when a connection is accepted.'),
  });
}

function healthSchema() {
  const full = strict(
    {
      path: healthPath()
        .optional()
        .describe('Answered with 2xx or 3xx when ready; else a connection is enough.'),
      interval: duration().prefault('5s').describe('Between two probes.'),
      timeout: duration().prefault('2s').describe('How long one probe may take.'),
      failures: count(1, 1000).default(3).describe('Probes lost in a row until the listener counts as lost.'),
    },
    'a path such as /health, or a map with it',
  );
  return z
    .union([healthPath().transform((path) => ({ path })), full], {
      error: 'a path such as /health, or a map with it',
    })
    .transform((written): Health => {
      const { path, ...rest } = 'interval' in written ? written : full.parse(written);
      return { path: path ?? null, ...rest };
    });
}

function restartSchema() {
  const giveUp = strict({
    restarts: count(0, 10_000).describe('More restarts than this …'),
    within: duration().describe('… within this, and it is given up.'),
  });
  return strict({
    when: choice(['always', 'on-failure', 'never']).default('always').describe('After which ends.'),
    min: duration().prefault('500ms').describe('The first wait; it doubles.'),
    max: duration().prefault('30s').describe('The longest wait.'),
    reset: duration().prefault('60s').describe('Uptime after which the waits begin anew.'),
    give_up: z
      .union([z.literal('never'), giveUp], { error: "'never', or a map of restarts and within" })
      .default('never')
      .describe('never, or after how many restarts.'),
  });
}
