import { z } from 'zod';
import { presets } from '../presets/index.ts';
import { presetSchema } from '../presets/preset-schema.ts';
import type { ExitAction, Health } from '../types.ts';
import {
  choice,
  count,
  duration,
  flag,
  healthPath,
  looseText,
  named,
  pathPrefix,
  port,
  size,
  strict,
  text,
} from './fields.ts';
import { readUpstreamUrl } from './public-url.ts';
import { type KeyedPlatform, routeSchema } from './route-schema.ts';
import { verifySchema } from './verify-schema.ts';

export type ProfileConfig = z.output<ReturnType<typeof profileSchema>>;

/** The fields that say how a gateway is run: none of them means anything beside `url`. */
export const COMMAND_ONLY = [
  'preset',
  'cwd',
  'env',
  'env_file',
  'start',
  'start_timeout',
  'after',
  'idle_timeout',
  'owner_check',
  'max_memory',
  'max_open_files',
  'nice',
  'umask',
  'user',
  'group',
  'log_file',
  'restart',
  'stop',
] as const satisfies readonly (keyof ProfileConfig)[];

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LISTENER_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const UMASK = 'three octal digits, such as 027';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;

/** The name of the listener of a profile that names none. */
const DEFAULT_LISTENER = 'main';

/** Said of a name that is none; follows 'the name'. */
export const NAME_RULE = "may hold a-z, 0-9 and '-' inside, at most 63";

/** Refused as a profile's name: `gwproxy logs` takes it for gwproxy's own log. */
export const OWN_NAME = 'gwproxy';

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
    after: z
      .array(profileName(), { error: "a list of profiles' names" })
      .default([])
      .describe('When all are started: profiles that come first. Their failure holds nothing up.'),
    idle_timeout: z
      .union([z.literal('never'), duration()], { error: "'never', or a duration such as 10m" })
      .prefault('never')
      .describe('Without a request for so long, an on-demand gateway is stopped.'),
    owner_check: choice(['lenient', 'strict', 'off'])
      .default('lenient')
      .describe(
        "Whether a listener gets requests where nobody can say whose process it is; a stranger's gets none.",
      ),
    max_memory: size('store').optional().describe('Resident memory above which a gateway is restarted.'),
    max_open_files: count(16, 1_048_576).optional().describe('Files that its processes may have open, each.'),
    nice: count(-20, 19).optional().describe('19 is the least urgent; below 0 needs root.'),
    umask: z
      .string({ error: UMASK })
      .regex(/^0?[0-7]{3}$/, { error: UMASK })
      .transform((digits) => Number.parseInt(digits, 8))
      .optional()
      .meta({ type: ['string', 'number'] })
      .describe('Permissions that its files lack, such as 027.'),
    user: looseText("a user's name or number")
      .optional()
      .describe('Whom it runs as; for a gwproxy that runs as root.'),
    group: looseText("a group's name or number").optional().describe("By default the user's own."),
    log_file: text('a file')
      .optional()
      .describe(
        "For its output; by default one in the logs' folder. Relative to the file that holds the profile.",
      ),
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
    verify: verifySchema()
      .optional()
      .describe('What the door proves requests by, sender by sender; the others pass unverified.'),
    delivery: choice(['spool', 'direct'])
      .default('spool')
      .describe(
        'spool: verified deliveries that their sender would not repeat are kept while the gateway is away.',
      ),
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
    port: port().prefault('auto').describe('auto: allocated at each start.'),
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
    liveness: livenessSchema()
      .optional()
      .describe('Restarted when this path is silent. Not given: as health.restart_after says.'),
  });
}

const PROBE = 'a path such as /health, or a map with it';

function probeFields() {
  const status = count(100, 599);
  return {
    path: healthPath().optional().describe('Asked with GET; without one, a connection is enough.'),
    status: z
      .union([status.transform((code) => [code]), z.array(status).min(1)], {
        error: 'a status from 100 to 599, or a list of them',
      })
      .optional()
      .describe('The statuses that are well; by default 200 to 299.'),
    body: text('text that the answer holds').optional().describe("Text that the answer's body must hold."),
    interval: duration().prefault('5s').describe('Between two probes.'),
    timeout: duration().prefault('2s').describe('How long one probe may take.'),
    failures: count(1, 1000).default(3).describe('Probes lost in a row until it counts as lost.'),
    successes: count(1, 1000).default(1).describe('Good probes in a row until it counts as well.'),
  };
}

function probeOf(fields: z.output<ReturnType<typeof probeSchema>>): Health {
  const { path = null, status = null, body = null, interval, timeout, failures, successes } = fields;
  return { path, status, body, interval, timeout, failures, successes };
}

function probeSchema() {
  return strict(probeFields(), PROBE);
}

function healthSchema() {
  const full = strict(
    {
      ...probeFields(),
      restart_after: z
        .union([z.literal('never'), duration()], { error: "'never', or a duration such as 60s" })
        .prefault('60s')
        .describe('Without one good probe for so long, once ready, the gateway is restarted.'),
    },
    PROBE,
  );
  return z
    .union([healthPath().transform((path) => ({ path })), full], { error: PROBE })
    .transform((written): { readonly probe: Health; readonly restartAfter: number | null } => {
      const fields = 'interval' in written ? written : full.parse(written);
      const { restart_after: after } = fields;
      return { probe: probeOf(fields), restartAfter: after === 'never' ? null : after };
    });
}

function livenessSchema() {
  const full = probeSchema();
  return z
    .union([healthPath().transform((path) => ({ path })), full], { error: PROBE })
    .transform((written): Health => probeOf('interval' in written ? written : full.parse(written)));
}

function restartSchema() {
  const giveUp = strict({
    restarts: count(0, 10_000).describe('More restarts than this …'),
    within: duration().describe('… within this, and it is given up.'),
  });
  return strict({
    when: choice(['always', 'on-failure', 'never']).default('always').describe('After which ends.'),
    min: duration()
      .prefault('500ms')
      .describe(
        'The wait before the second restart in a row; it doubles. The first, of a gateway that was ready, has none.',
      ),
    max: duration().prefault('30s').describe('The longest wait.'),
    reset: duration().prefault('60s').describe('Uptime after which the waits begin anew.'),
    exit_codes: z
      .record(
        named(/^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/, 'must be an exit code from 0 to 255'),
        choice(['at-once', 'backoff', 'stop', 'fail']),
        { error: 'a map of exit codes and what follows' },
      )
      .prefault({})
      .transform((codes): Readonly<Record<string, ExitAction>> => ({ 75: 'at-once', 78: 'fail', ...codes }))
      .describe('What follows an exit code; 75 is at-once and 78 is fail unless they stand here.'),
    give_up: z
      .union([z.literal('never'), giveUp], { error: "'never', or a map of restarts and within" })
      .prefault('never')
      .describe('never, or after how many restarts.'),
  });
}
