import { NAME_RULE, OWN_NAME, profileName } from '../../config/schema/profile-schema.ts';
import { hasSecretShape } from '../../util/secret.ts';
import type { AppCommand } from './app-command.ts';
import { type Inherited, inheritedBy, type Variables, variablesOf } from './app-environment.ts';
import { type AppListener, JOB_LISTENER, listenerOf, tunnelListener } from './app-listener.ts';
import { logFileOf } from './app-log-file.ts';
import type { ScriptPort } from './facts/script-port.ts';
import { typeNotes } from './field-types.ts';
import type { Machine } from './local-machine.ts';
import { combine, type Note, note, type Plain, type ProfilePlace } from './notes.ts';
import { isJob, jobOf, limitsOf, restartOf } from './restart-and-limits.ts';
import { type AppSenders, appSenders } from './senders/app-senders.ts';
import { claimedTwice } from './senders/claims.ts';
import { listeningOf, portOf } from './senders/listening.ts';
import { type SenderFields, senderFields } from './senders/sender-fields.ts';
import type { Pm2File } from './source/ecosystem-file.ts';
import { type App, isAppField } from './source/pm2-app.ts';
import { commandFromEither } from './start-folder.ts';
import { unsupportedNotes } from './unsupported-fields.ts';
import { readyOf } from './wait-ready.ts';

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
  /** The app's own .env file, absolute, if the config refers to its variables; else null. */
  readonly ownEnvFile: string | null;
  /** Of its listener; null if gwproxy allocates it, or there is none. */
  readonly port: number | null;
  /** True if profile_paths makes it public. */
  readonly isPublic: boolean;
  /** True if each of its senders has a route, so that it needs no profile_paths. */
  readonly isRouted: boolean;
  /** The other fields of the profile, `listeners` among them, in the config's own spelling. */
  readonly fields: Readonly<Record<string, Plain>>;
  /** Lines of config that the operator completes. */
  readonly toComplete: readonly string[];
  readonly notes: readonly Note[];
}

export interface Conversion {
  readonly profiles: readonly ConvertedProfile[];
  /** Apps that are left out: pm2 could not start them either, or they serve files. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** About the file as a whole. */
  readonly notes: readonly Note[];
}

/** How an app is converted, beside what it says itself. */
interface Options {
  readonly machine: Machine;
  /** The same for the folder of pm2's file; null if it is the same folder. */
  readonly atFile: Machine | null;
  readonly environment: string | null;
  readonly configFile: string;
}

/**
 * Every app as a profile, with notes on what gwproxy does differently. Reads nothing but what `machine` answers: of each
 * app its script, its .env file and its lists of packages, up to a limit.
 */
export function profilesOf(
  { kind, apps, deployEnvironments, otherKeys }: Pm2File,
  options: Options,
): Conversion {
  const distinct = withoutInstances(kind, apps);
  const isInherited = inheritedBy(distinct.map(([app]) => app));
  const seen = distinct.map(([app, instances]) =>
    seeApp(app, instances, deployEnvironments, isInherited, options),
  );
  const startable = seen.filter((one) => 'start' in one);
  const context: Context = {
    ...options,
    // No sender calls a job, whatever ids it has in common with a bot.
    twice: claimedTwice(startable.flatMap(({ app, senders }) => (isJob(app) ? [] : [senders.identities]))),
    names: new Set([OWN_NAME]),
    ports: new Set(),
    files: new Set(),
  };
  return {
    profiles: startable.map((one) => profileOf(one, context)),
    leftOut: seen.filter((one) => 'reason' in one),
    notes: otherKeys.map(otherKeyNote),
  };
}

interface SeenApp {
  readonly app: App;
  readonly instances: number;
  readonly start: AppCommand & { readonly ok: true };
  readonly variables: Variables;
  readonly senders: AppSenders;
}

function seeApp(
  app: App,
  instances: number,
  deployed: Pm2File['deployEnvironments'],
  isInherited: Inherited,
  { machine, atFile, environment }: Options,
): SeenApp | { readonly name: string; readonly reason: string } {
  if (app.fields.get('script') === 'serve') {
    const reason = 'it serves files, and gwproxy serves none: use a web server';
    return { name: app.name, reason };
  }
  const start = commandFromEither(app, machine, atFile);
  if (!start.ok) return { name: app.name, reason: start.reason };
  const variables = variablesOf(app, { name: environment, deployed }, isInherited, machine.env);
  const { command, cwd } = start;
  const senders = appSenders(
    { command, cwd, variables, envFile: app.noEnvironments.get('env_file') },
    machine,
  );
  return { app, instances, start, variables, senders };
}

/** What the apps converted so far use, and what several of them claim. */
interface Context extends Options {
  readonly twice: ReadonlySet<string>;
  readonly names: Set<string>;
  readonly ports: Set<number>;
  readonly files: Set<string>;
}

function profileOf(
  { app, instances, start, variables, senders }: SeenApp,
  context: Context,
): ConvertedProfile {
  const { machine, environment, configFile, twice } = context;
  const was =
    app.fields.get('append_env_to_name') === true && environment !== null
      ? `${app.name}-${environment}`
      : app.name;
  const name = freeName(was, context.names);
  const log = logFileOf(app, start.cwd, machine, context.files);
  if (log.file !== null) context.files.add(log.file);
  const job = isJob(app);
  const { fields, notes } = job
    ? jobOf(app)
    : combine([readyOf(app, start.command, senders.facts), limitsOf(app), restartOf(app)]);
  const listener = job ? JOB_LISTENER : listenerFor(senders, context.ports);
  if (listener.port !== null) context.ports.add(listener.port);
  const sent = senderFields({
    ...senders,
    // A job that posts to a platform is not called by it.
    senders: job ? [] : senders.senders,
    twice,
    hasListener: listener.isThere,
  });
  const ownEnvFile = ownFileUsed(sent, senders);
  const place: ProfilePlace = {
    profile: name,
    configFile,
    cwd: start.cwd,
    command: start.command,
    hasEnvFile: variables.secret.size + variables.shell.size > 0,
  };
  const own = listener.isThere ? withoutPort(variables.plain) : [...variables.plain];
  return {
    name,
    was,
    command: start.command,
    cwd: start.cwd,
    logFile: log.file,
    variables: { ...variables, plain: new Map([...start.env, ...own]) },
    ownEnvFile,
    port: listener.port,
    isPublic: listener.isPublic,
    isRouted: sent.isRouted,
    fields: { ...listener.fields, ...sent.fields, ...fields },
    toComplete: sent.toComplete,
    notes: [
      ...(name === was ? [] : [note('name', `is ${name} in gwproxy: ${renamedWhy(was, name)}`)]),
      ...(instances > 1 ? [note('instances', `is ${instances}; gwproxy runs one process per profile`)] : []),
      ...start.notes,
      ...(start.command.some(hasSecretShape) ? [note('args', SECRET_ARGUMENT)] : []),
      ...variables.notes,
      ...sent.notes,
      ...listener.notes,
      ...notes,
      ...log.notes,
      ...typeNotes(app, place).filter(({ field }) => field !== 'env_file' || ownEnvFile === null),
      ...unsupportedNotes(app, place),
    ],
  };
}

function listenerFor({ tunnel, senders, facts, canUse }: AppSenders, used: ReadonlySet<number>): AppListener {
  if (tunnel !== null) return tunnelListener(tunnel, facts.words, used);
  const port = facts.variables.get('PORT');
  const isKnown = port === undefined || canUse(port.place);
  const script = isKnown ? portOf(senders, facts.script) : NO_PORT;
  const written = isKnown ? port?.value : undefined;
  return listenerOf(listeningOf(senders, facts.script), { words: facts.words, written, script, used });
}

/** Where a file sets PORT that is not all that the app reads. */
const NO_PORT: ScriptPort = { readsPort: false, otherwise: null, serves: true };

/** The app's own .env file, if what its senders need refers to a variable in it, written already or to be completed. */
function ownFileUsed({ fields, toComplete }: SenderFields, { ownFile, facts }: AppSenders): string | null {
  const text = [JSON.stringify(fields), ...toComplete].join('\n');
  const isUsed = [...facts.variables].some(
    ([name, { place }]) => place === 'own' && text.includes(`"\${${name}}"`),
  );
  return isUsed && ownFile !== null ? ownFile.path : null;
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
