import { z } from 'zod';
import { PATTERN } from '../../schedule/pattern.ts';
import type { ExitAction } from '../types.ts';
import {
  addedPrefix,
  choice,
  command,
  count,
  duration,
  flag,
  looseText,
  named,
  secretReference,
  size,
  strict,
  text,
} from './fields.ts';
import { keepHeaders } from './keep-headers.ts';
import { commandHealthSchema, ENV_NAME, listenersSchema } from './listener-schema.ts';
import { type PresetOptions, presetSchema } from './preset-schema.ts';
import { readUpstreamUrl } from './public-url.ts';
import { type KeyedPlatform, routeSchema } from './route-schema.ts';
import { cronPattern, runSchema, timeZone } from './schedule-schema.ts';
import { verifySchema } from './verify-schema.ts';

export type ProfileConfig = z.output<ReturnType<typeof profileSchema>>;

/** The fields about running a gateway, which are refused beside `url`. */
export const COMMAND_ONLY = [
  'preset',
  'cwd',
  'env',
  'env_file',
  'env_command',
  'start',
  'start_timeout',
  'after',
  'start_group',
  'idle_timeout',
  'owner_check',
  'max_memory',
  'max_open_files',
  'nice',
  'umask',
  'user',
  'group',
  'log_file',
  'ready',
  'ready_after',
  'ready_log',
  'health',
  'restart',
  'run',
  'stop',
] as const satisfies readonly (keyof ProfileConfig)[];

/** The fields about requests, which are refused for a bot without a port. */
export const REQUESTS_ONLY = [
  'routes',
  'add_prefix',
  'verify',
  'delivery',
  'fan_out',
  'keep_headers',
  'owner_check',
  'idle_timeout',
] as const satisfies readonly (keyof ProfileConfig)[];

/** The fields about a gateway that goes on running, which are refused for a job. */
export const SERVICE_ONLY = [
  'start',
  'start_timeout',
  'after',
  'ready',
  'restart',
] as const satisfies readonly (keyof ProfileConfig)[];

/** The fields about the readiness of a bot without a port, which are refused beside listeners. */
export const WITHOUT_LISTENERS_ONLY = [
  'ready_after',
  'ready_log',
  'health',
] as const satisfies readonly (keyof ProfileConfig)[];

/** The fields that say when a gateway is ready; a bot without a port has one of them at most. */
export const READINESS = ['ready', ...WITHOUT_LISTENERS_ONLY] as const;

/** Characters of `ready_log`: what a line says, not a whole page. */
const MOST_LOG_TEXT = 500;

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const UMASK = 'three octal digits, such as 027';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;

/** The listener of a profile that names none. */
const DEFAULT_LISTENER = 'main';

/** The message for an invalid profile name; follows 'the name'. */
export const NAME_RULE = "may hold a-z, 0-9 and '-' inside, at most 63 characters";

/** Not allowed as a profile's name, since `gwproxy logs gwproxy` shows gwproxy's own log. */
export const OWN_NAME = 'gwproxy';

export function profileName() {
  return named(NAME, NAME_RULE);
}

export function profileSchema(platforms: readonly KeyedPlatform[], presets: readonly PresetOptions[]) {
  return strict({
    command: command()
      .optional()
      .describe(
        'The program of the gateway: a list of arguments, or one text that is split as a shell would. It runs without a shell.',
      ),
    url: upstreamUrl()
      .optional()
      .describe(
        'Instead of command: the `http://host:port` of a gateway that someone else runs; gwproxy probes it and routes to it. A path behind it is put before the path of each request, as add_prefix does.',
      ),
    preset: presetSchema(presets)
      .optional()
      .describe('The kind of gateway: command, listeners and routes are read from its own files.'),
    enabled: flag().default(true).describe('false: the profile is checked, but neither run nor routed to.'),
    cwd: text('a folder')
      .optional()
      .describe(
        'The working folder, relative to the file that holds the profile; by default the folder of that file.',
      ),
    env: z
      .record(named(ENV_NAME, "may hold A-Z, a-z, 0-9, '_', '.' and '-', and no digit first"), envValue(), {
        error: 'a map of names and values',
      })
      .default({})
      .describe(
        'Variables of the gateway, over those of env_file and a small base (PATH, HOME, USER, LANG, LC_ALL, TZ, TMPDIR). In place of a value, { file: … } names a file that holds it, and { credential: … } a credential of systemd.',
      ),
    env_file: envFiles()
      .optional()
      .describe(
        'A file of KEY=VALUE lines that only this gateway sees, relative to the file that holds the profile. Or a list of files, of which a later one wins.',
      ),
    env_command: command()
      .optional()
      .describe(
        'A program that runs before each start of the gateway and prints KEY=VALUE lines, which become variables over those of env_file and below those of env. Within 30 s and 1 MiB; its output is logged nowhere.',
      ),
    start: choice(['always', 'on-demand', 'manual'])
      .default('always')
      .describe('always: with gwproxy. on-demand: at its first request. manual: by `gwproxy start NAME`.'),
    start_timeout: duration()
      .prefault('60s')
      .describe(
        'How long a start may take until a listener, or a bot without a port, is ready; then it has failed.',
      ),
    after: z
      .array(profileName(), { error: "a list of profiles' names" })
      .default([])
      .describe('Profiles that are started before this one; it starts once they are ready or have failed.'),
    start_group: looseText('a name')
      .optional()
      .describe(
        'Profiles with the same name here start one at a time, such as bots that share a folder or a database: the next starts once the one before is ready, has failed its start or has ended.',
      ),
    idle_timeout: z
      .union([z.literal('never'), duration()], { error: "'never', or a duration such as 10m" })
      .prefault('never')
      .describe('After this time without a request, an on-demand gateway is stopped.'),
    owner_check: choice(['lenient', 'strict', 'off'])
      .default('lenient')
      .describe(
        "What happens if the owner of the gateway's port is unknown, such as another user's process. lenient: it gets requests. strict: it gets none. off: no owner is checked.",
      ),
    max_memory: size('store')
      .optional()
      .describe('The resident memory of all its processes above which the gateway is restarted.'),
    max_open_files: count(16, 1_048_576)
      .optional()
      .describe('How many files each of its processes may have open.'),
    nice: count(-20, 19)
      .optional()
      .describe('The scheduling priority: 19 is the lowest; below 0 needs root.'),
    umask: z
      .string({ error: UMASK })
      .regex(/^0?[0-7]{3}$/, { error: UMASK })
      .transform((digits) => Number.parseInt(digits, 8))
      .optional()
      .meta({ type: ['string', 'number'] })
      .describe('The permissions that its new files lack, such as 027.'),
    user: looseText("a user's name or number")
      .optional()
      .describe('The user that it runs as; needs a gwproxy that runs as root.'),
    group: looseText("a group's name or number")
      .optional()
      .describe('The group that it runs as; by default that of its user.'),
    log_file: text('a file')
      .optional()
      .describe(
        'The file for its output, relative to the file that holds the profile; by default one in the folder of the logs.',
      ),
    listeners: listenersSchema()
      .prefault({ [DEFAULT_LISTENER]: {} })
      .describe(
        'The ports of the gateway, by name. By default one, whose port gwproxy chooses and passes as PORT. none: it has no port, such as a Socket Mode or polling bot, a worker or a tunnel, and no request is for it.',
      ),
    ready: choice(['ipc'])
      .optional()
      .describe(
        "ipc: it is ready once it has sent 'ready' with `process.send`, as with wait_ready of pm2; its listeners must answer their probes as well.",
      ),
    ready_after: duration()
      .optional()
      .describe('With listeners: none: how long it must live until it is ready. By default 1s.'),
    ready_log: text('text that a line of its output holds')
      .max(MOST_LOG_TEXT, { error: `text of at most ${MOST_LOG_TEXT} characters` })
      .optional()
      .describe(
        'With listeners: none: it is ready once a line of its output or errors holds this text, which is no pattern: every character stands for itself. Colours of a line are ignored.',
      ),
    health: commandHealthSchema()
      .optional()
      .describe(
        'With listeners: none: a program that is run again and again, and says by its exit code whether the bot is ready and alive.',
      ),
    add_prefix: addedPrefix()
      .optional()
      .describe(
        'A path such as /p/standup-bot that all listeners get before the path of each request, for a gateway that serves this bot below it. Health probes ask their path as written.',
      ),
    routes: z
      .array(routeSchema(platforms), { error: "a list, each route behind a '-'" })
      .default([])
      .describe('Which requests are for this profile; one route that matches is enough.'),
    fan_out: flag()
      .default(false)
      .describe(
        "true: it gets batches that are for other profiles too, whole, and so sees the others' data.",
      ),
    keep_headers: keepHeaders()
      .default([])
      .describe(
        'Headers that the gateway gets although they state another URL, method or host than the request has, such as X-Original-URL; without an entry they are dropped.',
      ),
    verify: verifySchema()
      .optional()
      .describe('How requests are verified, by sender; senders without an entry pass unverified.'),
    delivery: choice(['spool', 'direct'])
      .default('spool')
      .describe(
        'spool: verified deliveries that their sender would not repeat are written to disk while the gateway is away. direct: none is.',
      ),
    restart: restartSchema()
      .prefault({})
      .describe('When and how soon a gateway that ended is started again.'),
    run: runSchema()
      .optional()
      .describe(
        'Makes the profile a job: it has no port, is started at these times, runs to its end, and is not restarted.',
      ),
    stop: strict({
      drain: duration(0)
        .prefault('10s')
        .describe('How long the requests in flight may take before the signal is sent.'),
      signal: choice(SIGNALS).default('SIGTERM').describe('The signal that asks the gateway to end.'),
      grace: duration(0)
        .prefault('10s')
        .describe('How long it may take to end after the signal, before SIGKILL.'),
    })
      .prefault({})
      .describe('How a gateway is stopped.'),
  });
}

/** May be empty, as an environment variable may. A secret reference is the text that it names by then. */
function envValue() {
  const what = 'text, a number, true or false, { file: … } or { credential: … }';
  const value = z.string({ error: what }).meta({ type: ['string', 'number', 'boolean'] });
  return z.union([value, secretReference(what)], { error: what });
}

function envFiles() {
  const what = 'a file, or a list of files';
  return z
    .union([text(what), z.array(text(what), { error: what }).min(1, { error: what })], { error: what })
    .transform((written): readonly string[] => (typeof written === 'string' ? [written] : written));
}

function upstreamUrl() {
  return z
    .string({ error: 'http://host:port, or that with a path' })
    .meta({ pattern: '^http://[^/?#]+(?:/[^?#]*)?$' })
    .transform((written, context) => {
      const url = readUpstreamUrl(written);
      if (url.ok) return url.value;
      context.addIssue({ code: 'custom', message: url.reason });
      return z.NEVER;
    });
}

function restartSchema() {
  const giveUp = strict({
    restarts: count(0, 10_000).describe('After more restarts than this …'),
    within: duration().describe('… within this time the gateway has failed.'),
  });
  return strict({
    when: choice(['always', 'on-failure', 'never'])
      .default('always')
      .describe('Which exits are followed by a restart. on-failure: all except exit code 0.'),
    min: duration()
      .prefault('500ms')
      .describe(
        'The wait before the second restart in a row; each further wait is doubled. The first restart of a gateway that was ready has none.',
      ),
    max: duration().prefault('30s').describe('The longest wait.'),
    reset: duration()
      .prefault('60s')
      .describe('After being ready for this time the waits begin with min again.'),
    exit_codes: z
      .record(
        named(/^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/, 'must be an exit code from 0 to 255'),
        choice(['at-once', 'backoff', 'stop', 'fail']),
        { error: 'a map of exit codes and what follows' },
      )
      .prefault({})
      .transform((codes): Readonly<Record<string, ExitAction>> => ({ 75: 'at-once', 78: 'fail', ...codes }))
      .describe(
        'What follows an exit code: a restart at once (after one second if the gateway was not ready before) or after backoff, or the gateway is stopped or has failed. 75 is at-once and 78 is fail, unless written here.',
      ),
    give_up: z
      .union([z.literal('never'), giveUp], { error: "'never', or a map of restarts and within" })
      .prefault('never')
      .describe('When gwproxy stops restarting the gateway.'),
    schedule: z
      .union([z.literal('never'), cronPattern()], { error: `'never', or ${PATTERN}` })
      .prefault('never')
      .describe(
        "When a gateway that runs is restarted anyway, as a cron pattern: '0 4 * * *' is every day at 4:00. Gateways that are due are restarted one after the other.",
      ),
    timezone: timeZone()
      .optional()
      .describe('The time zone of the schedule, such as Europe/Berlin; by default that of this machine.'),
  });
}
