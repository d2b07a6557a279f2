import { z } from 'zod';
import type { Health, ProbeTiming } from '../types.ts';
import {
  addedPrefix,
  command,
  count,
  duration,
  healthPath,
  named,
  pathPrefix,
  port,
  strict,
  text,
} from './fields.ts';

const LISTENER_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;

/** The name of an environment variable. */
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** The listeners of a profile by name; `none` is an empty map. */
export function listenersSchema() {
  const name = named(LISTENER_NAME, "may hold a-z, 0-9, '_' and '-' inside, at most 63 characters");
  const what = "'none', or a map of names and listeners";
  return z
    .union([z.literal('none'), z.record(name, listenerSchema(), { error: what })], { error: what })
    .transform((written) => (written === 'none' ? {} : written));
}

function listenerSchema() {
  return strict({
    port: port().prefault('auto').describe('The port. auto: gwproxy chooses a free one at each start.'),
    port_env: named(ENV_NAME, 'the name of an environment variable')
      .optional()
      .describe(
        "The variable that holds the port for the gateway. By default PORT for a profile's only listener.",
      ),
    host: text('a host name or an IP address')
      .default('127.0.0.1')
      .describe('The host that the gateway listens on.'),
    paths: z
      .array(pathPrefix(), { error: "a list of paths, each behind a '-' or in [ ]" })
      .optional()
      .describe(
        "The public path prefixes; [] is none. By default every path of a profile's only listener, and none of several.",
      ),
    add_prefix: addedPrefix()
      .optional()
      .describe(
        "The path that this listener gets before the path of each request; by default the profile's add_prefix. / is none.",
      ),
    health: healthSchema()
      .prefault({})
      .describe(
        'The probe that decides whether it gets requests. By default it is enough that a connection is accepted.',
      ),
    liveness: livenessSchema()
      .optional()
      .describe(
        'A second probe that decides whether the gateway is restarted, in place of health.restart_after.',
      ),
  });
}

const PROBE = 'a path such as /health, or a map with it';

function probeFields() {
  const status = count(100, 599);
  return {
    path: healthPath()
      .optional()
      .describe('The path that is asked with GET; without one, an accepted connection is enough.'),
    status: z
      .union([status.transform((code) => [code]), z.array(status).min(1)], {
        error: 'a status from 100 to 599, or a list of them',
      })
      .optional()
      .describe('The statuses of a good answer; by default 200 to 299.'),
    body: text('text that the answer holds')
      .optional()
      .describe('Text that the body of a good answer holds.'),
    interval: duration().prefault('5s').describe('The time between two probes.'),
    timeout: duration().prefault('2s').describe('How long one probe may take.'),
    failures: count(1, 1000)
      .default(3)
      .describe('After so many bad probes in a row the listener is not ready.'),
    successes: count(1, 1000)
      .default(1)
      .describe('After so many good probes in a row the listener is ready.'),
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
      restart_after: restartAfter(),
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

const COMMAND_HEALTH =
  'a map with a command; a path belongs in a listener: listeners: { main: { health: /path } }';

/** The health command of a bot without a port. Its defaults are longer than a listener's, since it costs a process. */
export function commandHealthSchema() {
  return strict(
    {
      command: command().describe(
        'The program, a list of arguments or one text: it gets the environment, folder, user and limits of the bot, and says by exit code 0 that the bot is well. It runs without a shell.',
      ),
      interval: duration().prefault('30s').describe('The time between two runs.'),
      timeout: duration().prefault('10s').describe('How long one run may take; then it is killed.'),
      failures: count(1, 1000)
        .default(3)
        .describe('After so many failed runs in a row the bot is not ready.'),
      successes: count(1, 1000)
        .default(1)
        .describe('After so many successful runs in a row the bot is ready.'),
      restart_after: restartAfter(),
    },
    COMMAND_HEALTH,
  ).transform(({ command, restart_after: after, ...timing }) => ({
    command,
    timing: timing satisfies ProbeTiming,
    restartAfter: after === 'never' ? null : after,
  }));
}

function restartAfter() {
  return z
    .union([z.literal('never'), duration()], { error: "'never', or a duration such as 60s" })
    .prefault('60s')
    .describe('After this time without a good probe, a gateway that was ready is restarted.');
}
