import { NAME_RULE, OWN_NAME, profileName } from '../../config/schema/profile-schema.ts';
import { duration } from '../../util/duration.ts';
import { hasSecretShape } from '../../util/secret.ts';
import { type Inherited, inheritedBy, type Variables, variablesOf } from './app-environment.ts';
import { listenerOf } from './app-listener.ts';
import { logFileOf } from './app-log-file.ts';
import { typeNotes } from './field-types.ts';
import type { Machine } from './local-machine.ts';
import { combine, type Note, note, type Plain, type ProfilePlace } from './notes.ts';
import { limitsOf, restartOf, START_TIMEOUT } from './restart-and-limits.ts';
import type { Pm2File } from './source/ecosystem-file.ts';
import { type App, isAppField } from './source/pm2-app.ts';
import { commandFromEither } from './start-folder.ts';
import { unsupportedNotes } from './unsupported-fields.ts';

/** An app as a profile. */
export interface ConvertedProfile {
  readonly name: string;
  /** Its name in pm2. */
  readonly was: string;
  readonly command: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Absolute; null for gwproxy's default file. */
  readonly logFile: string | null;
  readonly variables: Variables;
  /** Fixed in pm2's file; null if gwproxy allocates it. */
  readonly port: number | null;
  /** True if profile_paths makes it public. */
  readonly isPublic: boolean;
  /** The other fields of the profile, `listeners` among them, in the config's own spelling. */
  readonly fields: Readonly<Record<string, Plain>>;
  readonly notes: readonly Note[];
}

export interface Conversion {
  readonly profiles: readonly ConvertedProfile[];
  /** Apps that are left out: pm2 could not start them either, or they serve files. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** About the file as a whole. */
  readonly notes: readonly Note[];
}

/** Every app as a profile, with notes on what gwproxy does differently. Reads nothing but what `machine` answers. */
export function profilesOf(
  { kind, apps, deployEnvironments, otherKeys }: Pm2File,
  options: {
    readonly machine: Machine;
    /** The same for the folder of pm2's file; null if it is the same folder. */
    readonly atFile: Machine | null;
    readonly environment: string | null;
    readonly configFile: string;
  },
): Conversion {
  const profiles: ConvertedProfile[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  const inUse = { names: new Set<string>([OWN_NAME]), ports: new Set<number>(), files: new Set<string>() };
  const distinct = withoutInstances(kind, apps);
  const context = {
    deployed: deployEnvironments,
    isInherited: inheritedBy(distinct.map(([app]) => app)),
  };
  for (const [app, instances] of distinct) {
    const one = profileOf(app, instances, context, inUse, options);
    if ('reason' in one) leftOut.push(one);
    else profiles.push(one);
  }
  return { profiles, leftOut, notes: otherKeys.map(otherKeyNote) };
}

/** What the file and its other apps contribute to an app's environment. */
interface FileContext {
  readonly deployed: ReadonlyMap<string, unknown>;
  readonly isInherited: Inherited;
}

/** Names, ports and log files of the apps converted so far. */
interface InUse {
  readonly names: Set<string>;
  readonly ports: Set<number>;
  readonly files: Set<string>;
}

function profileOf(
  app: App,
  instances: number,
  { deployed, isInherited }: FileContext,
  inUse: InUse,
  { machine, atFile, environment, configFile }: Parameters<typeof profilesOf>[1],
): ConvertedProfile | { readonly name: string; readonly reason: string } {
  if (app.fields.get('script') === 'serve') {
    const reason = 'it serves files, and gwproxy serves none: use a web server';
    return { name: app.name, reason };
  }
  const start = commandFromEither(app, machine, atFile);
  if (!start.ok) return { name: app.name, reason: start.reason };
  const was =
    app.fields.get('append_env_to_name') === true && environment !== null
      ? `${app.name}-${environment}`
      : app.name;
  const name = freeName(was, inUse.names);
  const variables = variablesOf(app, { name: environment, deployed }, isInherited, machine.env);
  const log = logFileOf(app, start.cwd, machine, inUse.files);
  if (log.file !== null) inUse.files.add(log.file);
  const { fields, notes } = combine([limitsOf(app), restartOf(app)]);
  const startTimeout = String(fields['start_timeout'] ?? duration(START_TIMEOUT));
  const listener = listenerOf(start.command, variables.plain.get('PORT'), inUse.ports, startTimeout);
  if (listener.port !== null) inUse.ports.add(listener.port);
  const place: ProfilePlace = {
    profile: name,
    configFile,
    cwd: start.cwd,
    command: start.command,
    hasEnvFile: variables.secret.size + variables.shell.size > 0,
  };
  const hasListener = Object.keys(listener.fields).length > 0;
  return {
    name,
    was,
    command: start.command,
    cwd: start.cwd,
    logFile: log.file,
    variables: { ...variables, plain: new Map([...start.env, ...withoutPort(variables.plain)]) },
    port: listener.port,
    isPublic: listener.isPublic,
    fields: { ...(hasListener ? { listeners: listener.fields } : {}), ...fields },
    notes: [
      ...(name === was ? [] : [note('name', `is ${name} in gwproxy: ${renamedWhy(was, name)}`)]),
      ...(instances > 1 ? [note('instances', `is ${instances}; gwproxy runs one process per profile`)] : []),
      ...start.notes,
      ...(start.command.some(hasSecretShape) ? [note('args', SECRET_ARGUMENT)] : []),
      ...variables.notes,
      ...listener.notes,
      ...notes,
      ...log.notes,
      ...typeNotes(app, place),
      ...unsupportedNotes(app, place),
    ],
  };
}

/** gwproxy sets PORT itself. */
function withoutPort(variables: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...variables].filter(([name]) => name !== 'PORT');
}

/** Each app once, with its number of instances: a dump has an entry for each of them. */
function withoutInstances(kind: Pm2File['kind'], apps: readonly App[]): readonly (readonly [App, number])[] {
  if (kind === 'ecosystem') return apps.map((app) => [app, 1]);
  const byName = new Map<string, readonly [App, number]>();
  for (const app of apps) {
    const [first, count] = byName.get(app.name) ?? [app, 0];
    byName.set(app.name, [first, count + 1]);
  }
  return [...byName.values()];
}

function renamedWhy(was: string, name: string): string {
  if (was === OWN_NAME) return `${OWN_NAME} is the name of gwproxy's own log`;
  return name.startsWith(`${was}-`) ? 'another app has that name' : `a profile's name ${NAME_RULE}`;
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
  'one of them looks like a secret, which every user of this machine can read in the config and in `ps`: have the bot read it from a variable in an env_file, or at least chmod 600 the config';

function otherKeyNote(name: string): Note {
  if (name === 'deploy') return note(name, 'is left out: deploy as before, then run `gwproxy reload`');
  if (name === 'static') return note(name, 'is left out: gwproxy serves no files; use a web server');
  return isAppField(name)
    ? note(name, 'is a field of an app and has no effect beside apps; left out: write it into each app')
    : note(name, 'is not a field of pm2; left out');
}
