import { NAME_RULE, OWN_NAME, profileName } from '../../config/schema/profile-schema.ts';
import { duration } from '../../util/duration.ts';
import { hasSecretShape } from '../../util/secret.ts';
import type { Machine } from './app-command.ts';
import { type Inherited, inheritedBy, type Variables, variablesOf } from './app-environment.ts';
import { logFileOf } from './app-log-file.ts';
import { combine, type Note, note, type Plain } from './notes.ts';
import { numberOf } from './pm2-values.ts';
import { limitsOf, restartOf, START_TIMEOUT } from './restart-and-limits.ts';
import type { Pm2File } from './source/ecosystem-file.ts';
import type { App } from './source/pm2-app.ts';
import { commandFromEither } from './start-folder.ts';
import { unsupportedNotes } from './unsupported-fields.ts';

/** An app as a profile. */
export interface ConvertedProfile {
  readonly name: string;
  /** In pm2. */
  readonly was: string;
  readonly command: readonly string[];
  /** Absolute, as the log file is. */
  readonly cwd: string;
  readonly logFile: string | null;
  readonly variables: Variables;
  /** The app's own fixed one; null: allocated. */
  readonly port: number | null;
  /** The other fields of the profile, in the config's own words. */
  readonly fields: Readonly<Record<string, Plain>>;
  readonly notes: readonly Note[];
}

export interface Conversion {
  readonly profiles: readonly ConvertedProfile[];
  /** Apps that pm2 could not start either, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** About the file as a whole. */
  readonly notes: readonly Note[];
}

/** Every app as a profile, with all that has no equal. Nothing is asked but the machine. */
export function profilesOf(
  { kind, apps, deployEnvironments, beside }: Pm2File,
  options: {
    readonly machine: Machine;
    /** The same in the folder of pm2's file; null where that is no other. */
    readonly atFile: Machine | null;
    readonly environment: string | null;
    readonly configFile: string;
  },
): Conversion {
  const profiles: ConvertedProfile[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  const taken = { names: new Set<string>([OWN_NAME]), ports: new Set<number>(), files: new Set<string>() };
  const once = merged(kind, apps);
  const beyond = { deployed: deployEnvironments, isInherited: inheritedBy(once.map(([app]) => app)) };
  for (const [app, copies] of once) {
    const one = profileOf(app, copies, beyond, taken, options);
    if ('reason' in one) leftOut.push(one);
    else profiles.push(one);
  }
  return { profiles, leftOut, notes: beside.map(besideText) };
}

/** What the file and its other apps say of an app's environment. */
interface Beyond {
  readonly deployed: ReadonlyMap<string, unknown>;
  readonly isInherited: Inherited;
}

interface InUse {
  readonly names: Set<string>;
  readonly ports: Set<number>;
  readonly files: Set<string>;
}

function profileOf(
  app: App,
  copies: number,
  { deployed, isInherited }: Beyond,
  taken: InUse,
  { machine, atFile, environment, configFile }: Parameters<typeof profilesOf>[1],
): ConvertedProfile | { readonly name: string; readonly reason: string } {
  if (app.fields.get('script') === 'serve') {
    return { name: app.name, reason: 'it serves files, and gwproxy serves none: leave that to a web server' };
  }
  const launch = commandFromEither(app, machine, atFile);
  if (!launch.ok) return { name: app.name, reason: launch.reason };
  const called =
    app.fields.get('append_env_to_name') === true && environment !== null
      ? `${app.name}-${environment}`
      : app.name;
  const name = freeName(called, taken.names);
  const variables = variablesOf(app, { name: environment, deployed }, isInherited, machine.env);
  const log = logFileOf(app, launch.cwd, machine, taken.files);
  if (log.file !== null) taken.files.add(log.file);
  const { fields, notes } = combine([limitsOf(app), restartOf(app)]);
  const startTimeout = String(fields['start_timeout'] ?? duration(START_TIMEOUT));
  const port = portOf(variables, launch.command, taken.ports, startTimeout);
  return {
    name,
    was: called,
    command: launch.command,
    cwd: launch.cwd,
    logFile: log.file,
    variables: { ...port.variables, plain: new Map([...launch.env, ...port.variables.plain]) },
    port: port.port,
    fields,
    notes: [
      ...(name === called ? [] : [note('name', `is ${name} here: ${renamedWhy(called)}`)]),
      ...(copies > 1
        ? [note('instances', `${copies}: one process runs here, since a bot has one gateway`)]
        : []),
      ...launch.notes,
      ...(launch.command.some(hasSecretShape) ? [note('args', SECRET_ARGUMENT)] : []),
      ...variables.notes,
      ...port.notes,
      ...notes,
      ...log.notes,
      ...unsupportedNotes(app, { profile: name, configFile, command: launch.command }),
    ],
  };
}

/** A dump has an entry for each instance of an app. */
function merged(kind: Pm2File['kind'], apps: readonly App[]): readonly (readonly [App, number])[] {
  if (kind === 'ecosystem') return apps.map((app) => [app, 1]);
  const byName = new Map<string, readonly [App, number]>();
  for (const app of apps) {
    const [first, count] = byName.get(app.name) ?? [app, 0];
    byName.set(app.name, [first, count + 1]);
  }
  return [...byName.values()];
}

function renamedWhy(name: string): string {
  return name === OWN_NAME ? `${OWN_NAME} is the name of gwproxy's own log` : `a name ${NAME_RULE}`;
}

function freeName(wanted: string, taken: Set<string>): string {
  const plain =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-/, '')
      .slice(0, 60)
      .replace(/-$/, '') || 'bot';
  let name = plain;
  for (let count = 2; taken.has(name); count += 1) name = `${plain}-${count}`;
  taken.add(name);
  return profileName().parse(name);
}

const SECRET_ARGUMENT =
  'one looks like a secret, and every user of this machine can read it in the config and in `ps`: have the bot read it from a variable in an env_file, or chmod 600 the config at least';

interface Port {
  readonly port: number | null;
  /** Without the port where gwproxy passes it. */
  readonly variables: Variables;
  readonly notes: readonly Note[];
}

function noPort(startTimeout: string): Note {
  return note(
    'PORT',
    `none is named: one is allocated and passed as PORT; if the bot listens on one of its own, write listeners: { main: { port: N } }; an app that listens on none is ended after start_timeout (${startTimeout}), again and again: leave it to pm2 or systemd, and take it out here`,
  );
}

function portOf(
  variables: Variables,
  command: readonly string[],
  taken: Set<number>,
  startTimeout: string,
): Port {
  const plain = new Map(variables.plain);
  // One that is none would beat the allocated one.
  plain.delete('PORT');
  const rest = { ...variables, plain };
  const port = portNumber(variables.plain.get('PORT')) ?? portIn(command);
  if (port === null) return { port, variables: rest, notes: [noPort(startTimeout)] };
  if (taken.has(port)) {
    const text = `${port} is another app's too; here one is allocated, and passed as PORT`;
    return { port: null, variables: rest, notes: [note('PORT', text)] };
  }
  taken.add(port);
  return { port, variables: rest, notes: [] };
}

function portNumber(text: string | undefined): number | null {
  const port = numberOf(text);
  return port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

/** `--port 3000` or `--port=3000`. */
function portIn(command: readonly string[]): number | null {
  const at = command.findIndex((word) => word === '--port' || word.startsWith('--port='));
  if (at === -1) return null;
  const word = command[at] ?? '';
  return portNumber(word === '--port' ? command[at + 1] : word.slice('--port='.length));
}

function besideText(name: string): Note {
  if (name === 'deploy') return note(name, 'no equal: deploy as before, then `gwproxy reload`');
  if (name === 'static') return note(name, 'gwproxy serves no files: leave that to a web server');
  return note(name, 'is no field of pm2, and left out');
}
